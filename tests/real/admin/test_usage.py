"""Use, as the admin API sums it up."""

import csv
from datetime import UTC, datetime

import pytest

from gossamer.control.api.shapes import usage as shapes
from tests.real.admin.house import House, Person, refusal

USAGE = "/admin/v1/usage"
MONTH = "since=2027-01-01T00:00:00Z&until=2027-02-01T00:00:00Z"


async def told(house: House, asked: str, person: Person) -> list[dict[str, object]]:
    answer = await house.get(f"{USAGE}?{asked}", person.token)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_before_the_first_request_nothing_was_used(house: House, admin: Person):
    answer = (await house.get(f"{USAGE}?{MONTH}", admin.token)).json()
    assert answer == {"data": [], "since": "2027-01-01T00:00:00.000Z", "until": "2027-02-01T00:00:00.000Z"}


async def test_it_is_told_whole(house: House, admin: Person):
    house.trace(None, cost_nanos=1_234_567_890)
    house.trace(None, cost_nanos=1)
    assert await told(house, f"{MONTH}&by=target&step=day", admin) == [
        {
            "at": "2027-01-15T00:00:00.000Z",
            "key": None,
            "user": None,
            "agent": None,
            "target": "openai/small",
            "requests": 2,
            "failed": 0,
            "input_tokens": 0,
            "output_tokens": 0,
            "cached_tokens": 0,
            "reasoning_tokens": 0,
            "cost_usd": "1.234567891",
            "unpriced": 0,
        }
    ]


async def test_a_member_sees_what_its_own_keys_used(house: House, ada: Person, bob: Person, admin: Person):
    for user in (ada.id, bob.id, bob.id, None):
        house.trace(user)
    assert [row["requests"] for row in await told(house, MONTH, ada)] == [1]
    assert [row["requests"] for row in await told(house, f"{MONTH}&user={bob.id}", ada)] == [1], "whoever one asks for"
    assert [(row["user"], row["requests"]) for row in await told(house, f"{MONTH}&by=user", admin)] == [
        (bob.id, 2),
        *sorted([(ada.id, 1), (None, 1)], key=lambda each: each[0] or ""),
    ]


async def test_as_a_table_no_name_is_a_formula(house: House, admin: Person):
    house.trace(None, key="=cmd|' /C calc'!A0")
    answer = await house.get(f"{USAGE}?{MONTH}&by=key", admin.token, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(answer.text.splitlines())
    assert row["key"] == "'=cmd|' /C calc'!A0"
    assert row["requests"] == "1"


async def test_what_is_asked_wrong_is_named(house: House, admin: Person):
    for asked, param in (
        ("by=colour", "by"),
        ("step=week", "step"),
        ("since=2027-02-01T00:00:00Z&until=2027-01-01T00:00:00Z", "until"),
    ):
        assert refusal(await house.get(f"{USAGE}?{asked}", admin.token)) == (400, "invalid_request", param), asked


async def test_too_many_rows_are_refused(house: House, admin: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gossamer.projections.usage.report.MOST_ROWS", 1)
    for key in ("a", "b"):
        house.trace(None, key=key)
    assert refusal(await house.get(f"{USAGE}?{MONTH}&by=key", admin.token)) == (400, "invalid_request", "by")


def test_a_time_that_begins_within_a_minute_begins_with_the_next():
    at = datetime(2027, 1, 15, 8, 0, 0, 1, tzinfo=UTC)
    assert shapes._moment(shapes._minute_from(at)) == datetime(2027, 1, 15, 8, 1, tzinfo=UTC)
