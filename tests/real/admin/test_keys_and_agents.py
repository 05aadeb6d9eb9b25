"""Keys and agents: made, bound, changed, revoked."""

from typing import Any

import pytest

from gossamer.control.tokens import digest_of
from tests.real.admin.house import House, Person, refusal

KEYS, AGENTS = "/admin/v1/keys", "/admin/v1/agents"


async def make(house: House, path: str, person: Person, **asked: Any) -> dict[str, Any]:
    answer = await house.post(path, {"name": "a name", **asked}, person.token)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_key_is_shown_once_and_is_good_at_once(house: House, ada: Person):
    answer = await house.post(KEYS, {"name": "app"}, ada.token)
    assert (answer.status_code, answer.headers["cache-control"], answer.headers["etag"]) == (201, "no-store", '"1"')
    made = answer.json()
    token = made.pop("token")
    assert token.startswith("gsm_")
    assert (made["user_id"], made["scopes"], made["models"]) == (ada.id, ["inference"], None)
    assert (await house.get(f"{KEYS}/{made['id']}", ada.token)).json() == made
    assert (await house.get(KEYS, ada.token)).json()["data"] == [made]
    _, grants = await house.store.grants_of_keys([digest_of(token)])
    assert [grant.key_id for grant in grants.values()] == [made["id"]]


@pytest.mark.parametrize("way", ["post", "delete"])
async def test_revoking_is_for_good_and_twice_is_no_error(house: House, ada: Person, way: str):
    key = await make(house, KEYS, ada)
    path = f"{KEYS}/{key['id']}"
    for _ in range(2):
        answer = await (
            house.post(f"{path}/revoke", token=ada.token) if way == "post" else house.delete(path, ada.token)
        )
        assert answer.status_code == 200
        assert answer.json()["revoked_at"] is not None
    assert await house.store.grants_of_keys([digest_of(key["token"])]) == (await house.store.revision(), {})
    assert (await house.patch(path, {"name": "again"}, ada.token)).json()["revoked_at"] is not None


async def test_a_key_is_changed_member_by_member(house: House, ada: Person):
    key = await make(house, KEYS, ada, models=["m1"], expires_at="2199-01-01T00:00:00Z", limits={"concurrent": 5})
    path = f"{KEYS}/{key['id']}"
    asked = {
        "name": "new",
        "models": ["m2", "m1"],
        "scopes": ["admin", "inference"],
        "expires_at": "2199-01-01T02:00:00+02:00",
    }
    changed = (await house.patch(path, asked, ada.token, if_match='"1"')).json()
    assert (changed["name"], changed["models"], changed["scopes"]) == ("new", ["m1", "m2"], ["admin", "inference"])
    assert (changed["expires_at"], changed["limits"]["concurrent"]) == ("2199-01-01T00:00:00.000Z", 5)
    freed = (await house.patch(path, {"models": None, "expires_at": None}, ada.token)).json()
    assert (freed["models"], freed["expires_at"], freed["name"]) == (None, None, "new")


@pytest.mark.parametrize("member", ["name", "scopes", "agents", "limits"])
async def test_null_is_no_value_where_it_takes_nothing_away(house: House, ada: Person, member: str):
    key = await make(house, KEYS, ada)
    answer = await house.patch(f"{KEYS}/{key['id']}", {member: None}, ada.token)
    assert refusal(answer) == (400, "invalid_request", member)


async def test_a_key_that_would_never_be_good_is_a_mistake(house: House, ada: Person):
    answer = await house.post(KEYS, {"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, ada.token)
    assert refusal(answer) == (400, "invalid_request", "expires_at")


async def test_an_admin_makes_keys_for_others_and_for_nobody(house: House, admin: Person, ada: Person):
    assert (await make(house, KEYS, admin))["user_id"] == admin.id
    assert (await make(house, KEYS, admin, user_id=ada.id))["user_id"] == ada.id
    assert (await make(house, KEYS, admin, user_id=None))["user_id"] is None
    unknown = await house.post(KEYS, {"name": "x", "user_id": "0190b0c4"}, admin.token)
    assert refusal(unknown) == (404, "not_found", "user_id")


@pytest.mark.parametrize("path", [KEYS, AGENTS])
async def test_a_member_makes_them_for_itself_only(house: House, ada: Person, bob: Person, path: str):
    assert (await make(house, path, ada, user_id=ada.id))["user_id"] == ada.id
    for_bob = await house.post(path, {"name": "x", "user_id": bob.id}, ada.token)
    assert refusal(for_bob) == (404, "not_found", "user_id")
    for_nobody = await house.post(path, {"name": "x", "user_id": None}, ada.token)
    assert refusal(for_nobody) == (403, "forbidden", "user_id")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=valid", ["k2", "k1"]),
        ("state=revoked", ["k0"]),
        ("search=K1", ["k1"]),
        ("agent_id={agent}", ["k2"]),
        ("user_id={ada}", ["k2", "k1", "k0"]),
    ],
)
async def test_keys_are_filtered(house: House, ada: Person, query: str, found: list[str]):
    agent = await make(house, AGENTS, ada)
    keys = [await make(house, KEYS, ada, name=f"k{number}") for number in range(2)]
    await make(house, KEYS, ada, name="k2", agents=[agent["id"]])
    await house.delete(f"{KEYS}/{keys[0]['id']}", ada.token)
    listed = await house.get(f"{KEYS}?{query.format(agent=agent['id'], ada=ada.id)}", ada.token)
    assert [key["name"] for key in listed.json()["data"]] == found


# --- agents ---


async def test_an_agent_from_its_making_to_its_end(house: House, ada: Person):
    agent = await make(house, AGENTS, ada, models=["m1"], default_model="m1", limits={"usd_per_month": "12.5"})
    path = f"{AGENTS}/{agent['id']}"
    assert (agent["user_id"], agent["limits"]["usd_per_month"], agent["is_active"]) == (ada.id, "12.50", True)
    shown = await house.get(path, ada.token)
    assert (shown.json(), shown.headers["etag"]) == (agent, '"1"')
    changed = (await house.patch(path, {"default_model": None, "is_active": False}, ada.token)).json()
    assert (changed["default_model"], changed["is_active"], changed["models"]) == (None, False, ["m1"])
    off = (await house.get(f"{AGENTS}?is_active=false", ada.token)).json()["data"]
    assert [each["id"] for each in off] == [agent["id"]]
    assert refusal(await house.delete(path, ada.token, if_match='"1"'))[:2] == (412, "version_conflict")
    assert (await house.delete(path, ada.token, if_match='"2"')).status_code == 204
    assert (await house.get(path, ada.token)).status_code == 404


async def test_a_key_is_bound_to_its_own_users_agents_only(house: House, ada: Person, bob: Person):
    mine, theirs = await make(house, AGENTS, ada), await make(house, AGENTS, bob)
    key = await make(house, KEYS, ada, agents=[mine["id"]])
    assert key["agents"] == [mine["id"]]
    made = await house.post(KEYS, {"name": "x", "agents": [theirs["id"]]}, ada.token)
    assert refusal(made) == (404, "not_found", "agents")
    changed = await house.patch(f"{KEYS}/{key['id']}", {"agents": [mine["id"], theirs["id"]]}, ada.token)
    assert refusal(changed)[:2] == (404, "not_found")
    assert (await house.patch(f"{KEYS}/{key['id']}", {"agents": []}, ada.token)).json()["agents"] == []


async def test_a_key_that_was_bound_to_a_removed_agent_can_still_be_changed(house: House, ada: Person):
    agent = await make(house, AGENTS, ada)
    key = await make(house, KEYS, ada, agents=[agent["id"]])
    await house.delete(f"{AGENTS}/{agent['id']}", ada.token)
    renamed = await house.patch(f"{KEYS}/{key['id']}", {"name": "new"}, ada.token)
    assert (renamed.status_code, renamed.json()["agents"]) == (200, [agent["id"]])
