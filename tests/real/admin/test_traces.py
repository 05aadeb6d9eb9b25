"""Finished requests, as the admin API tells of them."""

import pytest

from gossamer.projections.traces import query as query_module
from gossamer.projections.traces import search as search_module
from tests.real.admin.house import House, Person, refusal

TRACES = "/admin/v1/traces"


async def ids_of(house: House, asked: str, person: Person) -> list[str]:
    answer = await house.get(f"{TRACES}?{asked}", person.token)
    assert answer.status_code == 200, answer.text
    return [trace["id"] for trace in answer.json()["data"]]


async def test_before_the_first_request_there_is_nothing(house: House, admin: Person):
    assert (await house.get(TRACES, admin.token)).json() == {"data": [], "next": None}


async def test_one_is_told_whole(house: House, admin: Person):
    trace_id = house.trace(None, cost_nanos=12_345_678, error="provider_refused", status=400)
    answer = await house.get(f"{TRACES}/{trace_id}", admin.token)
    assert answer.json() == {
        "id": trace_id,
        "request_id": "asked",
        "at": "2027-01-15T08:00:00.000Z",
        "method": "POST",
        "path": "/v1/chat/completions",
        "status": 400,
        "outcome": "completed",
        "error": "provider_refused",
        "key": "a-key",
        "user": None,
        "agent": None,
        "model": "small",
        "target": "openai/small",
        "stream": False,
        "finish": None,
        "total_ms": 2.0,
        "overhead_ms": 0.04,
        "first_byte_ms": None,
        "stages": {"queue": 0.002, "identify": 0.003},
        "attempts": [],
        "usage": None,
        "cost_usd": "0.012345678",
        "content": None,
        "directive": None,
        "session": None,
    }


async def test_a_member_sees_what_its_own_keys_asked(house: House, ada: Person, bob: Person, admin: Person):
    of_ada, of_bob, of_nobody = (house.trace(user) for user in (ada.id, bob.id, None))
    assert await ids_of(house, "", ada) == [of_ada]
    assert await ids_of(house, f"user={bob.id}", ada) == [of_ada], "whoever one asks for"
    assert set(await ids_of(house, "", admin)) == {of_ada, of_bob, of_nobody}
    assert refusal(await house.get(f"{TRACES}/{of_bob}", ada.token))[:2] == (404, "not_found")


async def test_what_one_looks_for(house: House, admin: Person):
    good = house.trace(None)
    bad = house.trace(None, status=502, total_ns=5_000_000_000, cost_nanos=2_000_000_000, request_id="of-ada")
    for asked, expected in (
        ("failed=true", [bad]),
        ("failed=false", [good]),
        ("status=502", [bad]),
        ("least_ms=4999.5", [bad]),
        ("least_usd=1.99", [bad]),
        ("text=of-a", [bad]),
        ("model=small&target=openai/small&outcome=completed&key=a-key&failed=false", [good]),
        ("since=2027-01-15T08:00:00.001Z", []),
        ("until=2027-01-15T08:00:00Z", []),
    ):
        assert await ids_of(house, asked, admin) == expected, asked


async def test_pages(house: House, admin: Person):
    made = [house.trace(None, at=1_800_000_000.0 + number) for number in range(5)]
    seen: list[str] = []
    asked: str | None = f"{TRACES}?order=oldest&limit=2"
    while asked is not None:
        page = (await house.get(asked, admin.token)).json()
        seen += [trace["id"] for trace in page["data"]]
        asked = f"{TRACES}?order=oldest&limit=2&after={page['next']}" if page["next"] else None
    assert seen == made


async def test_a_search_for_a_text_answers_with_what_it_has_read_and_goes_on(
    house: House, admin: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(query_module, "PATIENCE_WITH_TEXT_S", 0.0)
    monkeypatch.setattr(search_module, "NEAREST", 3)
    made = [house.trace(None, at=1_800_000_000.0 + number, error="odd" if number == 1 else None) for number in range(7)]
    seen, pages, after = [], 0, ""
    while True:
        page = (await house.get(f"{TRACES}?text=odd{after}", admin.token)).json()
        seen += [trace["id"] for trace in page["data"]]
        pages += 1
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert (seen, pages > 1) == ([made[1]], True)
    assert (await house.get(f"{TRACES}?after=1800000000000000.", admin.token)).json()["next"] is None


async def test_what_is_asked_wrong_is_named(house: House, admin: Person):
    for asked, param in (
        ("status=42", "status"),
        ("after=nonsense", "after"),
        ("least_usd=-1", "least_usd"),
        ("since=yesterday", "since"),
        ("modell=small", "modell"),
    ):
        assert refusal(await house.get(f"{TRACES}?{asked}", admin.token)) == (400, "invalid_request", param), asked


async def test_a_file_that_cannot_be_read_is_said(house: House, admin: Person):
    (house.app.state.desk.data_dir / "traces.db").write_bytes(b"this is no database, and never was one" * 100)
    assert refusal(await house.get(TRACES, admin.token))[:2] == (503, "unavailable")
