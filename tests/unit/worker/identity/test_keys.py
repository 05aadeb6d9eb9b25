"""What a worker makes of the answers: kept, ended, asked again, or never asked at all."""

import asyncio

import pytest

from gossamer.config.settings import AuthSettings
from gossamer.core.errors import RateLimitExceeded, Unavailable
from gossamer.feed.messages import AskKeys
from gossamer.worker.identity import keys as keys_module
from gossamer.worker.identity.doorman import PACE
from gossamer.worker.identity.questions import MOST_NEWS
from tests.unit.worker.identity.said import PEER, KeyBook, digest_of, grant, turns


async def test_a_key_is_asked_for_once_and_then_known():
    book = KeyBook()
    claims = await book.known("t", grant("k1", user_id="ann", models=frozenset({"small"}), agents=frozenset({"a1"})))
    assert (claims.key_id, claims.user_id, claims.models) == ("k1", "ann", frozenset({"small"}))
    assert (claims.agents, claims.may_infer) == (frozenset({"a1"}), True)
    assert book.at_once("t") is claims
    assert len(book.heard) == 1


async def test_all_who_ask_for_one_token_share_one_question_and_one_claims():
    book = KeyBook()
    asking = [book.ask("t") for _ in range(10)]
    question = await book.question()
    assert question.digests == (digest_of("t").hex(),)
    later = book.ask("t")
    await turns()
    book.answer(question, t=grant("k1"))
    found = await asyncio.gather(*asking, later)
    assert len(book.heard) == 1
    assert len(set(map(id, found))) == 1


async def test_all_that_one_turn_wants_to_know_is_one_line():
    book = KeyBook()
    asking = [book.ask(f"t{number}") for number in range(40)]
    question = await book.question()
    assert len(question.digests) == 40
    book.answer(question, 1, **{f"t{number}": grant(f"k{number}") for number in range(40)})
    assert {claims.key_id for claims in await asyncio.gather(*asking) if claims} == {f"k{n}" for n in range(40)}


async def test_a_bad_token_is_asked_for_once_and_then_known_to_be_bad():
    book = KeyBook()
    asking = book.ask("wrong")
    book.answer(await book.question())
    assert await asking is None
    assert book.at_once("wrong") is None


def test_what_cannot_be_ours_is_never_asked_for():
    book = KeyBook()
    assert book.keys.claims_of(digest_of("sk-x"), PEER, has_our_form=False) is None
    assert book.heard == []


async def test_a_key_for_administration_alone_says_so():
    book = KeyBook()
    assert not (await book.known("t", grant("k1", scopes=("admin",)))).may_infer


# --- changes ---


@pytest.mark.parametrize("change", [{"keys": ("k1",)}, {"users": ("ann",)}])
async def test_a_change_ends_the_key_and_the_next_one_asks_again(change: dict[str, tuple[str]]):
    book = KeyBook()
    claims = await book.known("t", grant("k1", user_id="ann"))
    book.change(2, **change)
    assert not claims.is_valid
    asking = book.ask("t")
    book.answer(await book.question(), 2)
    assert await asking is None


async def test_a_change_of_somebody_else_ends_nothing():
    book = KeyBook()
    claims = await book.known("t", grant("k1", user_id="ann"))
    book.change(2, keys=("k2",), users=("bob",), agents=("a1",))
    assert claims.is_valid


async def test_an_answer_from_before_a_revocation_is_not_believed():
    """The answer was read, the key was revoked, and the news of it overtook the answer."""
    book = KeyBook()
    asking = book.ask("t")
    first = await book.question()
    book.change(6, keys=("k1",))
    book.answer(first, 5, t=grant("k1"))
    second = await book.question()
    assert (second.id, second.digests) != (first.id, ()), "it is asked again"
    assert not asking.done()
    book.answer(second, 6)
    assert await asking is None


async def test_an_answer_from_before_a_change_that_is_not_about_it_is_believed():
    book = KeyBook()
    asking = book.ask("t")
    question = await book.question()
    book.change(6, keys=("other",))
    book.answer(question, 5, t=grant("k1"))
    assert await asking is not None


async def test_that_a_token_is_bad_is_not_believed_either_if_any_key_has_changed_since():
    """The change may have been what made it good: nobody can tell whose token it is."""
    book = KeyBook()
    asking = book.ask("t")
    question = await book.question()
    book.change(6, users=("ann",))
    book.answer(question, 5)
    book.answer(await book.question(), 6, t=grant("k1", user_id="ann"))
    assert await asking is not None


async def test_a_bad_token_may_become_a_good_one():
    book = KeyBook()
    asking = book.ask("t")
    book.answer(await book.question(), 1)
    assert await asking is None
    book.change(2, users=("ann",))
    assert (await book.known("t", grant("k1"), 2)).key_id == "k1"


async def test_a_key_that_ends_in_the_turn_in_which_it_was_found_is_asked_for_again():
    book = KeyBook()
    asking = book.ask("t")
    book.answer(await book.question(), 5, t=grant("k1"))
    book.change(6, keys=("k1",))  # before anybody who waits could run
    book.answer(await book.question(), 6, t=grant("k1", models=frozenset({"small"})))
    claims = await asking
    assert claims is not None
    assert claims.models == frozenset({"small"})


async def test_what_nobody_can_name_ends_everything():
    book = KeyBook()
    claims = await book.known("t", grant("k1"))
    book.keys.forget()
    assert not claims.is_valid


# --- time ---


async def test_a_key_is_believed_for_its_time_and_not_beyond_its_own_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keys_module, "monotonic", lambda: 100.0)
    monkeypatch.setattr(keys_module, "wall_time", lambda: 1_000_000.0)
    book = KeyBook(AuthSettings(ask_timeout_s=20.0, cache_ttl_s=600.0))
    long = await book.known("long", grant("k1"))
    short = await book.known("short", grant("k2", expires_at=1_000_030.0))
    book.keys.sweep(129.0)
    assert short.is_valid
    book.keys.sweep(131.0)
    assert (long.is_valid, short.is_valid) == (True, False)
    book.keys.sweep(701.0)
    assert not long.is_valid


async def test_the_last_uses_are_told_once_also_of_keys_that_are_gone():
    book = KeyBook()
    here, gone, idle = [await book.known(name, grant(name)) for name in ("here", "gone", "idle")]
    here.used_at, gone.used_at = 7.0, 8.0
    book.change(2, keys=("gone",))
    assert book.keys.used() == {"here": 7.0, "gone": 8.0}
    assert book.keys.used() == {}
    here.used_at = 9.0
    assert book.keys.used() == {"here": 9.0}
    assert idle.used_at == 0.0


# --- nobody there ---


async def test_what_nobody_can_say_is_not_taken_for_bad():
    book = KeyBook()
    asking = book.ask("t")
    book.keys.unavailable((await book.question()).id, "no answer within 2 s")
    with pytest.raises(Unavailable, match="no answer within 2 s") as told:
        await asking
    assert told.value.retry_after_s == 1
    assert (await book.known("t", grant("k1"))).key_id == "k1"


async def test_without_anybody_a_question_waits_for_its_time_and_then_nobody_can_say():
    book = KeyBook(AuthSettings(ask_timeout_s=0.02))
    book.is_there = False
    with pytest.raises(Unavailable, match=r"within 0\.02 s"):
        await book.ask("t")
    book.is_there = True
    book.keys.connected()
    await turns()
    assert book.heard == [], "nobody waits for it any more"


async def test_questions_that_wait_are_asked_of_whoever_comes():
    book = KeyBook()
    book.is_there = False
    asking = [book.ask("a"), book.ask("b")]
    await turns()
    book.is_there = True
    book.keys.connected()
    question = await book.question()
    assert len(question.digests) == 2
    book.keys.lost()
    book.keys.connected()
    again = await book.question()
    assert set(again.digests) == set(question.digests)
    book.answer(question, a=grant("old"))  # of the connection that was lost: nobody asked this
    book.answer(again, a=grant("k1"), b=grant("k2"))
    assert [claims.key_id for claims in await asyncio.gather(*asking) if claims] == ["k1", "k2"]


async def test_one_who_leaves_takes_nobody_else_along():
    book = KeyBook()
    first, second = book.ask("t"), book.ask("t")
    question = await book.question()
    first.cancel()
    await turns()
    book.answer(question, t=grant("k1"))
    assert await second is not None
    assert first.cancelled()


# --- floods ---


async def test_a_flood_of_wrong_tokens_from_one_address_is_slowed_and_others_are_not():
    book = KeyBook()
    flood = [book.ask(f"wrong{number}", "10.9.9.9:1") for number in range(500)]
    await turns()
    asked = 0
    while not all(each.done() for each in flood):
        for question in [each for each in book.heard if isinstance(each, AskKeys)]:
            asked += len(question.digests)
            book.answer(question)
        book.heard.clear()
        await turns()
    refused = [each for each in flood if isinstance(each.exception(), RateLimitExceeded)]
    assert PACE.burst <= asked < PACE.burst + 20, "the burst, and what time has made good since"
    assert len(refused) == 500 - asked
    assert (await book.known("t", grant("k1"))).key_id == "k1", "another address"


async def test_one_wrong_token_sent_by_many_is_one_look_up_and_one_failure():
    book = KeyBook()
    many = [book.ask("wrong") for _ in range(500)]
    book.answer(await book.question())
    assert await asyncio.gather(*many) == [None] * 500
    assert len(book.heard) == 1


async def test_who_hangs_up_after_asking_is_charged_all_the_same():
    book = KeyBook()
    for number in range(PACE.burst):
        asking = book.ask(f"wrong{number}")
        question = await book.question()
        asking.cancel()
        await turns()
        book.answer(question)
    with pytest.raises(RateLimitExceeded):
        await book.ask("wrong too")


@pytest.mark.parametrize("how", ["all was forgotten", "too many changes came since"])
async def test_an_answer_from_before_changes_that_nobody_can_name_any_more_is_not_believed(how: str):
    book = KeyBook()
    asking = book.ask("t")
    question = await book.question()
    if how == "all was forgotten":
        book.news.begin_at(10)
        book.keys.forget()
    else:
        for number in range(MOST_NEWS + 1):
            book.change(2 + number, keys=(f"other{number}",))
    book.answer(question, 1, t=grant("k1"))
    again = await book.question()
    assert again.id != question.id, "it may have been revoked since it was read"
    book.answer(again, 1000)
    assert await asking is None
