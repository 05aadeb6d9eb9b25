"""Sessions by the admin API: found, shown turn by turn, closed and deleted, each by whom they belong to."""

from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from msgspec import structs

from gossamer.config.sessions import SessionSettings
from gossamer.control.api.app import use_settings
from gossamer.core.record import Content, Record
from gossamer.journal.writer import JournalWriter
from tests.real.admin.house import TRACE, House, Person, refusal, settings_with
from tests.real.admin.speaking import say
from tests.real.redis import free_port

SESSIONS = "/admin/v1/sessions"
AT = TRACE["at"]


async def listed(house: House, person: Person, **query: Any) -> list[Any]:
    answer = await house.get(SESSIONS, person.token, params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_sessions_are_found_and_shown_turn_by_turn(house: House, admin: Person):
    ids = [say(house, None, "talk", at=AT + number, agent="a1", cost_nanos=1_000_000) for number in range(3)]
    say(house, None, "other", at=AT + 10, status=500, error="broken")
    assert [each["name"] for each in await listed(house, admin)] == ["other", "talk"]
    (talk,) = await listed(house, admin, name="talk")
    assert (talk["turns"], talk["failed"], talk["cost_usd"], talk["agent"]) == (3, 0, "0.003", "a1")
    path = f"{SESSIONS}/{talk['id']}"
    assert (await house.get(path, admin.token)).json() == talk
    page = (await house.get(f"{path}/turns", admin.token, params={"limit": 2})).json()
    rest = (await house.get(f"{path}/turns", admin.token, params={"limit": 2, "after": page["next"]})).json()
    assert [each["id"] for each in [*page["data"], *rest["data"]]] == ids
    assert rest["next"] is None
    first = (await house.get(SESSIONS, admin.token, params={"limit": 1})).json()
    second = (await house.get(SESSIONS, admin.token, params={"limit": 1, "after": first["next"]})).json()
    assert [first["data"][0]["name"], second["data"][0]["name"]] == ["other", "talk"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"agent": "a1"}, ["one"]),
        ({"least_turns": 2}, ["two"]),
        ({"key": "k2"}, ["two"]),
        ({"since": "2027-01-15T08:00:05Z"}, ["two"]),
        ({"until": "2027-01-15T08:00:05Z"}, ["one"]),
        ({"state": "open"}, []),
    ],
)
async def test_filters_go_together(house: House, admin: Person, query: Any, names: list[str]):
    say(house, None, "one", agent="a1")
    for number in range(2):
        say(house, None, "two", at=AT + 10 + number, key="k2")
    house.app.state.desk.wall_time = lambda: AT + 1_000_000
    assert [each["name"] for each in await listed(house, admin, **query)] == names


async def test_a_session_is_closed_and_deleted_for_good(house: House, admin: Person):
    house.app.state.desk.wall_time = lambda: AT + 60
    trace = say(house, None, "talk")
    (talk,) = await listed(house, admin, state="open")
    path = f"{SESSIONS}/{talk['id']}"
    closed = await house.post(f"{path}/close", None, admin.token)
    assert closed.json() == {**talk, "state": "closed"}
    assert [each["id"] for each in await listed(house, admin, state="closed")] == [talk["id"]]
    assert (await house.delete(path, admin.token)).status_code == 204
    assert refusal(await house.get(path, admin.token))[:2] == (404, "not_found")
    assert refusal(await house.get(f"/admin/v1/traces/{trace}", admin.token))[:2] == (404, "not_found")
    events = [event.action for event in (await house.store.events()).items if event.action.startswith("session.")]
    assert events == ["session.delete", "session.close"]
    say(house, None, "talk")
    assert await listed(house, admin) == [], "what came before does not come back"


async def test_what_is_somebody_elses_does_not_exist(house: House, admin: Person):
    ada, bob = await house.person("ses-ada"), await house.person("ses-bob")
    for person in (ada, bob):
        say(house, person.id, "talk")
    (hers,) = await listed(house, ada)
    assert len(await listed(house, admin, name="talk")) == 2
    assert await listed(house, bob, user=ada.id) == await listed(house, bob)
    path = f"{SESSIONS}/{hers['id']}"
    for asked in (
        await house.get(path, bob.token),
        await house.get(f"{path}/turns", bob.token),
        await house.post(f"{path}/close", None, bob.token),
        await house.delete(path, bob.token),
    ):
        assert refusal(asked)[:2] == (404, "not_found")
    assert (await house.get(path, ada.token)).status_code == 200


ASKED = {"messages": [{"role": "user", "content": "Where is it?"}]}
SAID = Content("a" * 64, "b" * 64, msgspec.json.encode(ASKED).decode(), "Here.", 0, 3)


async def test_a_session_is_shown_as_a_conversation_where_that_was_asked_for(house: House, admin: Person):
    say(house, None, "talk", content=SAID, finish="length")
    say(house, None, "talk", at=AT + 1, content=Content("a" * 64, "b" * 64))
    say(house, None, "talk", at=AT + 2)
    (talk,) = await listed(house, admin)
    path = f"{SESSIONS}/{talk['id']}/turns"
    turns = (await house.get(path, admin.token, params={"content": True})).json()["data"]
    voices = [{"by": "user", "text": "Where is it?"}, {"by": "assistant", "text": "Here."}]
    assert [turn["said"] for turn in turns] == [voices, None, None]
    assert turns[0]["content"] == {**structs.asdict(SAID)}
    assert (turns[1]["content"]["request_sha256"], turns[2]["content"]) == ("a" * 64, None)
    assert [turn["finish"] for turn in turns] == ["length", None, None]
    bare = (await house.get(path, admin.token)).json()["data"]
    assert [(turn["said"], turn["content"]) for turn in bare] == [(None, None)] * 3


async def test_with_content_a_page_is_short(house: House, admin: Person):
    ids = [say(house, None, "talk", at=AT + number) for number in range(25)]
    (talk,) = await listed(house, admin)
    path = f"{SESSIONS}/{talk['id']}/turns"
    page = (await house.get(path, admin.token, params={"content": True})).json()
    rest = (await house.get(path, admin.token, params={"content": True, "after": page["next"]})).json()
    assert (len(page["data"]), rest["next"]) == (20, None)
    assert [turn["id"] for turn in [*page["data"], *rest["data"]]] == ids


async def test_a_deletion_takes_what_was_said_out_of_the_journal(house: House, admin: Person):
    house.app.state.desk.wall_time = lambda: AT + 60
    journal = house.app.state.desk.data_dir / "journal"
    writer = JournalWriter(journal, 0, 16 * 1024, 256 * 1024, pytest.fail)
    for number, name in enumerate(("talk", "other")):
        trace_id = say(house, None, name, content=SAID)
        writer.append(Record(**{**TRACE, "id": trace_id, "seq": number, "session": name, "content": SAID}))
    (talk,) = await listed(house, admin, name="talk")
    assert (await house.delete(f"{SESSIONS}/{talk['id']}", admin.token)).status_code == 204
    lines = [line for path in journal.iterdir() for line in path.read_bytes().strip(b"\0").splitlines()[1:]]
    assert [b"Where" in line for line in lines] == [False, True]
    writer.close()


async def test_a_deletion_that_could_not_be_whole_can_be_asked_for_again(
    house: House, admin: Person, monkeypatch: pytest.MonkeyPatch
):
    house.app.state.desk.wall_time = lambda: AT + 60
    say(house, None, "talk")
    (talk,) = await listed(house, admin)
    path = f"{SESSIONS}/{talk['id']}"
    with monkeypatch.context() as patch:
        patch.setattr("gossamer.control.forgetting.blank_lines", Mock(side_effect=PermissionError("not yours")))
        assert refusal(await house.delete(path, admin.token))[:2] == (503, "unavailable")
    assert (await house.get(path, admin.token)).status_code == 200
    assert (await house.delete(path, admin.token)).status_code == 204
    assert await listed(house, admin) == []


async def test_where_redis_cannot_be_asked_the_session_stays_listed(house: House, admin: Person):
    """Answers may lie there: whoever deletes is told, and can ask again."""
    house.app.state.desk.wall_time = lambda: AT + 60
    say(house, None, "talk")
    (talk,) = await listed(house, admin)
    settings = settings_with("open", data_dir=house.app.state.desk.data_dir)
    use_settings(house.app, structs.replace(settings, counters=f"redis://127.0.0.1:{free_port()}/0"))
    answer = await house.delete(f"{SESSIONS}/{talk['id']}", admin.token)
    assert refusal(answer)[:2] == (503, "unavailable")
    assert "kept answers in" in answer.text
    assert [each["id"] for each in await listed(house, admin)] == [talk["id"]]
    use_settings(house.app, settings)
    assert (await house.delete(f"{SESSIONS}/{talk['id']}", admin.token)).status_code == 204


async def test_after_what_time_a_session_is_idle_is_a_setting(house: House, admin: Person):
    say(house, None, "talk")
    house.app.state.desk.wall_time = lambda: AT + 400
    assert [each["state"] for each in await listed(house, admin)] == ["open"]
    settings = settings_with("open", data_dir=house.app.state.desk.data_dir)
    use_settings(house.app, structs.replace(settings, sessions=SessionSettings(idle_s=300.0, expire_s=390.0)))
    (talk,) = await listed(house, admin, state="expired")
    assert (talk["state"], await listed(house, admin, state="open")) == ("expired", [])
    assert (await house.get(f"{SESSIONS}/{talk['id']}", admin.token)).json()["state"] == "expired"
