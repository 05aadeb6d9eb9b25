"""Kept responses and conversations, over both databases."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.control.nouns import Actor
from gossamer.control.store.conversations import Conversation
from gossamer.control.store.database import now_utc
from gossamer.control.store.errors import Broken, Missing, Oversized
from gossamer.control.store.store import Store
from gossamer.core.clock import wall_time
from gossamer.feed.responses import Keep
from tests.real.store.conftest import Opener

HOUSE, OTHERS = "user u1", "user u2"
ACTOR = Actor("gateway")
MOST = (1000, 1_000_000)
SECRET = "the-word-that-must-go"


def items(*texts: str) -> bytes:
    return msgspec.json.encode([{"type": "message", "id": f"msg_{text}", "content": text} for text in texts])


def keep(name: str, previous: str | None = None, session: str = "s1", house: str = HOUSE, **more: Any) -> Keep:
    told: dict[str, Any] = {
        "asked_at": wall_time(),
        "input": items(f"{name}-asked"),
        "output": items(f"{name}-told"),
        "body": msgspec.json.encode({"id": name, "said": SECRET}),
        "items": 2,
        "previous": previous,
    }
    return Keep(id=name, house=house, session=session, **(told | more))


async def texts_up_to(store: Store, name: str, house: str = HOUSE) -> list[str]:
    found = await store.recall_response(house, name, *MOST)
    return [item["content"] for item in msgspec.json.decode(b"[%b]" % found.items)]


async def chain(store: Store, *names: str, session: str = "s1") -> None:
    previous = None
    for name in names:
        assert (await store.keep_response(keep(name, previous, session))).why_not == ""
        previous = name


# --- responses ---


async def test_many_at_once_are_kept_each_as_it_is(store: Store):
    """They go in together: what cannot be kept costs the others nothing, and what is said twice is there once."""
    await chain(store, "a", "b")
    await store.add_conversation(HOUSE, "s1", Conversation("conv_1", b"{}", now_utc()), [])
    await store.erase_responses_of(ACTOR, HOUSE, "gone")
    asked = [keep(f"r{n}", "b", f"s{n}") for n in range(30)]
    asked += [keep(f"c{n}", conversation="conv_1") for n in range(5)]
    asked += [keep("twice"), keep("twice"), keep("theirs", "b", house=OTHERS), keep("nowhere", conversation="conv_2")]
    asked += [keep("late", session="gone", asked_at=1.0), keep("after", "twice")]
    told = await asyncio.gather(*map(store.keep_response, asked))
    refused = {one.id: answer.why_not for one, answer in zip(asked, told, strict=True) if answer.why_not}
    after = refused.pop("after", None)  # nobody says so before "twice" is known to be kept
    assert after in (None, "the response before it was deleted")
    assert refused == {
        "theirs": "the response before it was deleted",
        "nowhere": "its conversation was deleted",
        "late": "its session was deleted",
    }
    assert await texts_up_to(store, "r29") == ["a-asked", "a-told", "b-asked", "b-told", "r29-asked", "r29-told"]
    assert len(await store.conversation_items(HOUSE, "conv_1")) == 10
    assert await texts_up_to(store, "twice") == ["twice-asked", "twice-told"]


async def test_one_that_the_store_cannot_take_costs_the_others_nothing(store: Store):
    asked = [keep("a"), keep("b", items=1 << 70), keep("c")]
    told = await asyncio.gather(*map(store.keep_response, asked), return_exceptions=True)
    assert isinstance(told[1], Exception)
    for name in ("a", "c"):
        assert await texts_up_to(store, name) == [f"{name}-asked", f"{name}-told"]


async def test_who_gives_up_while_it_is_kept_costs_the_others_nothing(store: Store):
    tasks = [asyncio.create_task(store.keep_response(keep(name))) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[2].cancel()
    assert (await tasks[1]).why_not == ""
    assert await texts_up_to(store, "b") == ["b-asked", "b-told"]


async def test_all_up_to_a_response_comes_in_its_order(store: Store):
    await chain(store, "a", "b", "c")
    assert await texts_up_to(store, "c") == ["a-asked", "a-told", "b-asked", "b-told", "c-asked", "c-told"]
    assert await texts_up_to(store, "b") == ["a-asked", "a-told", "b-asked", "b-told"]
    assert [msgspec.json.decode(item)["content"] for item in await store.input_items(HOUSE, "c")] == [
        "a-asked", "a-told", "b-asked", "b-told", "c-asked",
    ]  # fmt: skip


async def test_two_may_go_on_from_one(store: Store):
    await chain(store, "a", "b")
    await store.keep_response(keep("c", "a"))
    assert await texts_up_to(store, "c") == ["a-asked", "a-told", "c-asked", "c-told"]


async def test_it_is_kept_once_however_often_it_is_said(store: Store):
    said = keep("a")
    assert [(await store.keep_response(said)).why_not for _ in range(2)] == ["", ""]
    assert (await store.response(HOUSE, "a")).body == said.body


async def test_whose_it_is_not_is_told_that_there_is_none(store: Store):
    await chain(store, "a", "b")
    for asked in (
        store.response(OTHERS, "a"),
        store.recall_response(OTHERS, "a", *MOST),
        store.input_items(OTHERS, "a"),
        store.delete_response(ACTOR, OTHERS, "a"),
    ):
        with pytest.raises(Missing):
            await asked
    assert (await store.keep_response(keep("c", "b", house=OTHERS))).why_not
    assert await texts_up_to(store, "b")


async def test_what_follows_a_deleted_one_is_read_and_not_gone_on_from(store: Store):
    await chain(store, "a", "b", "c")
    before = await store.revision()
    await store.delete_response(ACTOR, HOUSE, "b")
    with pytest.raises(Broken):
        await store.recall_response(HOUSE, "c", *MOST)
    with pytest.raises(Missing):
        await store.response(HOUSE, "b")
    assert (await store.response(HOUSE, "c")).previous_id == "b"
    assert await texts_up_to(store, "a")
    (change,) = await store.changes_since(before) or []
    assert change.responses == ("b",)
    assert (await store.keep_response(keep("d", "b"))).why_not == "the response before it was deleted"


@pytest.mark.parametrize("most", [(5, 1_000_000), (1000, 100)])
async def test_what_is_too_long_is_not_read(store: Store, most: tuple[int, int]):
    await chain(store, "a", "b", "c")
    with pytest.raises(Oversized) as raised:
        await store.recall_response(HOUSE, "c", *most)
    assert raised.value.items == 6
    assert raised.value.size_bytes > 100


# --- conversations ---


async def begun(store: Store, name: str = "conv_1", session: str = "s1") -> None:
    made = Conversation(name, b'{"a":"b"}', now_utc())
    await store.add_conversation(HOUSE, session, made, msgspec.json.decode(items("hello"), type=list[msgspec.Raw]))


async def test_a_turn_in_a_conversation_adds_what_it_asked_and_was_told(store: Store):
    await begun(store)
    found = await store.recall_conversation(HOUSE, "conv_1", *MOST)
    await store.keep_response(keep("a", conversation="conv_1", start=found.count))
    await store.keep_response(keep("b", conversation="conv_1", start=3))
    told = [msgspec.json.decode(item)["content"] for item in await store.conversation_items(HOUSE, "conv_1")]
    assert told == ["hello", "a-asked", "a-told", "b-asked", "b-told"]
    assert await texts_up_to(store, "b") == told
    assert await texts_up_to(store, "a") == told[:3]
    await store.keep_response(keep("c", "a"))
    assert await texts_up_to(store, "c") == [*told[:3], "c-asked", "c-told"]


async def test_turns_at_once_in_one_conversation_lose_nothing(store: Store):
    await begun(store)
    await asyncio.gather(*(store.keep_response(keep(f"r{n}", conversation="conv_1", start=1)) for n in range(8)))
    told = [msgspec.json.decode(item)["content"] for item in await store.conversation_items(HOUSE, "conv_1")]
    assert len(told) == 17
    assert all(told[at] == told[at - 1].replace("asked", "told") for at in range(2, 17, 2)), "each turn in one piece"


async def test_a_conversation_of_others_is_none(store: Store):
    await begun(store)
    for asked in (
        store.conversation(OTHERS, "conv_1"),
        store.recall_conversation(OTHERS, "conv_1", *MOST),
        store.conversation_items(OTHERS, "conv_1"),
        store.add_conversation_items(OTHERS, "s", "conv_1", [], 10),
        store.edit_conversation(OTHERS, "conv_1", b"{}"),
        store.delete_conversation_item(ACTOR, OTHERS, "conv_1", "msg_hello"),
        store.delete_conversation(ACTOR, OTHERS, "conv_1"),
    ):
        with pytest.raises(Missing):
            await asked
    assert (await store.keep_response(keep("a", conversation="conv_1", house=OTHERS))).why_not
    assert len(await store.conversation_items(HOUSE, "conv_1")) == 1


async def test_an_item_is_deleted_by_its_id(store: Store):
    await begun(store)
    await store.add_conversation_items(
        HOUSE, "s1", "conv_1", msgspec.json.decode(items("more"), type=list[msgspec.Raw]), 2
    )
    with pytest.raises(Oversized):
        await store.add_conversation_items(
            HOUSE, "s1", "conv_1", msgspec.json.decode(items("more"), type=list[msgspec.Raw]), 2
        )
    with pytest.raises(Oversized):  # else a page of it would be read with more than anybody could go on from
        await store.add_conversation_items(
            HOUSE, "s1", "conv_1", msgspec.json.decode(items("more"), type=list[msgspec.Raw]), 10, 100
        )
    await store.delete_conversation_item(ACTOR, HOUSE, "conv_1", "msg_hello")
    assert [msgspec.json.decode(item)["content"] for item in await store.conversation_items(HOUSE, "conv_1")] == [
        "more"
    ]
    with pytest.raises(Missing):
        await store.delete_conversation_item(ACTOR, HOUSE, "conv_1", "msg_hello")


async def test_a_deleted_conversation_takes_its_turns_along(store: Store):
    await begun(store)
    await store.keep_response(keep("a", conversation="conv_1"))
    await store.delete_conversation(ACTOR, HOUSE, "conv_1")
    with pytest.raises(Missing):
        await store.response(HOUSE, "a")
    assert (await store.keep_response(keep("b", conversation="conv_1"))).why_not == "its conversation was deleted"


# --- sessions ---


async def test_a_session_is_erased_with_all_that_was_kept_of_it(store: Store):
    await chain(store, "a", "b")
    await chain(store, "x", session="s2")
    await store.keep_response(keep("y", house=OTHERS))
    await begun(store)
    await begun(store, "conv_2", session="s2")
    await store.keep_response(keep("z", conversation="conv_2"))
    assert await store.erase_responses_of(ACTOR, HOUSE, "s1") > 0
    for name in ("a", "b", "z"):
        with pytest.raises(Missing):
            await store.response(HOUSE, name)
    with pytest.raises(Missing):
        await store.conversation(HOUSE, "conv_1")
    assert len(await store.conversation_items(HOUSE, "conv_2")) == 1, "what others said stays"
    assert await texts_up_to(store, "x")
    assert await texts_up_to(store, "y", OTHERS)


async def test_what_was_under_way_when_its_session_was_erased_is_not_kept(store: Store):
    asked = keep("a")
    await store.erase_responses_of(ACTOR, HOUSE, "s1")
    assert (await store.keep_response(asked)).why_not == "its session was deleted"
    assert (await store.keep_response(keep("b", asked_at=wall_time() + 1))).why_not == ""
    assert (await store.keep_response(keep("c", house=OTHERS))).why_not == ""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_no_bytes_of_it_are_left_in_the_file_or_its_log(open_another: Opener, tmp_path: Path):
    store = await open_another()
    await chain(store, *(f"a{number}" for number in range(50)))
    assert SECRET.encode() in all_bytes(tmp_path)
    await store.erase_responses_of(ACTOR, HOUSE, "s1")
    left = all_bytes(tmp_path)
    assert SECRET.encode() not in left
    assert b"a7-asked" not in left


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


# --- retention ---


async def test_those_in_which_nobody_went_on_are_removed(store: Store):
    await chain(store, "a", "b")
    await begun(store)
    await store.keep_response(keep("z", conversation="conv_1"))
    assert await store.prune_responses(now_utc() - timedelta(seconds=60)) == 0
    line = now_utc()
    await store.keep_response(keep("c", "b"))
    assert await store.prune_responses(line) == 1, "the conversation; the thread has gone on"
    assert await texts_up_to(store, "c")
    with pytest.raises(Missing):
        await store.conversation(HOUSE, "conv_1")
    with pytest.raises(Missing):
        await store.response(HOUSE, "z")
    assert await store.prune_responses(now_utc() + timedelta(seconds=1)) == 1
    with pytest.raises(Missing):
        await store.response(HOUSE, "a")
    assert await store.prune_responses(now_utc() + timedelta(seconds=1)) == 0
