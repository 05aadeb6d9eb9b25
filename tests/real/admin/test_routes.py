"""Routes: made, replaced and removed by admins, each change whole or not at all, and known to whoever asks the feed."""

from typing import Any

import pytest

from gossamer.feed.messages import RouteGrant
from tests.real.admin.house import House, Person, refusal

ROUTES = "/admin/v1/routes"
ROUTE: dict[str, Any] = {"targets": [{"target": "mock/one", "weight": 3}, {"target": "mock/two", "priority": 1}]}


async def put(house: House, name: str, route: object, person: Person, if_match: str | None = None) -> Any:
    return await house.ask("PUT", f"{ROUTES}/{name}", route, token=person.token, if_match=if_match)


async def test_a_route_is_made_shown_replaced_and_removed(house: House, admin: Person):
    made = await put(house, "tier", {**ROUTE, "strategy": "weighted", "deadline_s": 2.5}, admin)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    shown = made.json()
    assert (shown["name"], shown["strategy"], shown["sticky"], shown["retries"]) == ("tier", "weighted", "none", 0)
    assert shown["targets"] == [
        {"target": "mock/one", "weight": 3, "priority": 0},
        {"target": "mock/two", "weight": 1, "priority": 1},
    ]
    assert (await house.get(f"{ROUTES}/tier", admin.token)).json() == shown
    assert (await house.get(ROUTES, admin.token)).json()["data"] == [shown]
    changed = await put(house, "tier", {**ROUTE, "retries": 2}, admin, if_match='"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["strategy"], changed.json()["retries"]) == ("fallback", 2), (
        "what is left out has its default"
    )
    assert (await house.delete(f"{ROUTES}/tier", admin.token)).status_code == 204
    assert refusal(await house.get(f"{ROUTES}/tier", admin.token))[:2] == (404, "not_found")


async def test_workers_are_told_all_of_them(house: House, admin: Person):
    before, none = await house.store.grants_of_routes()
    assert none == {}
    await put(house, "tier", ROUTE, admin)
    revision, routes = await house.store.grants_of_routes()
    assert routes == {"tier": RouteGrant(targets=(("mock/one", 3, 0), ("mock/two", 1, 1)))}
    (change,) = await house.store.changes_since(before) or []
    assert (change.revision, len(change.routes), change.keys) == (revision, 1, ())


async def test_each_change_is_in_the_audit(house: House, admin: Person):
    await put(house, "tier", ROUTE, admin)
    await put(house, "tier", {**ROUTE, "retries": 1}, admin, if_match="*")
    await house.delete(f"{ROUTES}/tier", admin.token)
    events = [event for event in (await house.store.events()).items if event.action.startswith("route.")]
    assert [event.action for event in events] == ["route.remove", "route.update", "route.create"]
    assert (events[1].before or {})["route"]["retries"] == 0
    assert (events[1].after or {})["route"]["retries"] == 1


async def test_one_that_there_is_needs_the_version_that_was_read(house: House, admin: Person):
    await put(house, "tier", ROUTE, admin)
    assert refusal(await put(house, "tier", {**ROUTE, "retries": 1}, admin))[:2] == (428, "version_required")
    assert refusal(await put(house, "tier", {**ROUTE, "retries": 1}, admin, '"7"'))[:2] == (412, "version_conflict")
    assert (await put(house, "tier", {**ROUTE, "retries": 1}, admin, "*")).status_code == 200
    assert refusal(await put(house, "none", ROUTE, admin, "*"))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"targets": []}, "targets"),
        ({"targets": [{"target": "mock"}]}, "targets.0.target"),
        ({"targets": [{"target": "mock/one"}, {"target": "nobody/two"}]}, "targets.1.target"),
        ({"targets": [{"target": "mock/one"}, {"target": "mock/one"}]}, "targets"),
        ({"targets": [{"target": "mock/one", "weight": 0}]}, "targets.0.weight"),
        ({"strategy": "best"}, "strategy"),
        ({"sticky": "session"}, "sticky"),
        ({"retries": 99}, "retries"),
        ({"deadline_s": 0}, "deadline_s"),
        ({"deadline": 5}, "deadline"),
    ],
)
async def test_a_bad_one_is_refused_whole_and_by_its_field(
    house: House, admin: Person, change: dict[str, Any], param: str
):
    answer = await put(house, "tier", {**ROUTE, **change}, admin)
    assert refusal(answer) == (400, "invalid_request", param)
    assert (await house.store.grants_of_routes())[1] == {}


async def test_what_stands_in_the_file_is_changed_there(house: House, admin: Person):
    answer = await put(house, "mock", ROUTE, admin)
    assert refusal(answer)[:2] == (409, "route_in_file")
    assert "configuration" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["a%20b", "a%2Fb", ".hidden", "x" * 101])
async def test_a_name_can_stand_in_a_path(house: House, admin: Person, name: str):
    assert (await put(house, name, ROUTE, admin)).status_code in {400, 404}


async def test_members_have_no_say_in_routes(house: House, ada: Person):
    answers = [
        await house.get(ROUTES, ada.token),
        await house.get(f"{ROUTES}/tier", ada.token),
        await put(house, "tier", ROUTE, ada),
        await house.delete(f"{ROUTES}/tier", ada.token),
    ]
    assert [refusal(answer)[:2] for answer in answers] == [(403, "forbidden")] * 4
