"""Users: what an admin does with them, what they do with themselves, and that no change is lost."""

import asyncio

import pytest

from tests.real.admin.house import PASSWORD, House, Person, refusal

USERS = "/admin/v1/users"
NO_LIMITS = dict.fromkeys(("requests_per_min", "tokens_per_min", "concurrent", "usd_per_day", "usd_per_month"))


async def test_an_admin_adds_lists_shows_and_changes(house: House, admin: Person):
    asked = {"email": "Eve@Example.com", "password": PASSWORD, "limits": {"usd_per_day": "5", "concurrent": 3}}
    made = await house.post(USERS, asked, admin.token)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    eve = made.json()
    assert eve["email"] == "eve@example.com"
    assert eve["limits"] == NO_LIMITS | {"usd_per_day": "5.00", "concurrent": 3}
    shown = await house.get(f"{USERS}/{eve['id']}", admin.token)
    assert (shown.json(), shown.headers["etag"]) == (eve, '"1"')
    assert [user["id"] for user in (await house.get(USERS, admin.token)).json()["data"]] == [eve["id"], admin.id]
    changed = await house.patch(f"{USERS}/{eve['id']}", {"role": "admin"}, admin.token, if_match='"1"')
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json() | {"role": "member", "version": 1, "updated_at": eve["updated_at"]} == eve


async def test_limits_are_merged_and_null_takes_one_away(house: House, admin: Person, ada: Person):
    path = f"{USERS}/{ada.id}"
    await house.patch(path, {"limits": {"usd_per_day": "0.000000001", "requests_per_min": 60}}, admin.token)
    changed = await house.patch(path, {"limits": {"requests_per_min": None, "tokens_per_min": 9}}, admin.token)
    assert changed.json()["limits"] == NO_LIMITS | {"usd_per_day": "0.000000001", "tokens_per_min": 9}


@pytest.mark.parametrize("query", ["role=admin", "search=DMIN", "is_active=true&role=admin"])
async def test_lists_are_filtered(house: House, admin: Person, ada: Person, query: str):
    found = (await house.get(f"{USERS}?{query}", admin.token)).json()["data"]
    assert [user["id"] for user in found] == [admin.id]


async def test_a_misspelt_filter_is_no_filter_but_a_mistake(house: House, admin: Person):
    assert refusal(await house.get(f"{USERS}?rôle=admin", admin.token)) == (400, "invalid_request", "...")
    assert refusal(await house.get(f"{USERS}?rol=admin", admin.token)) == (400, "invalid_request", "rol")


async def test_pages_follow_each_other_without_gap_or_repetition(house: House, admin: Person):
    made = [
        (await house.post(USERS, {"email": f"u{n}@x.org", "password": PASSWORD}, admin.token)).json()["id"]
        for n in range(5)
    ]
    seen: list[str] = []
    query = "limit=2"
    while True:
        body = (await house.get(f"{USERS}?{query}", admin.token)).json()
        seen += [user["id"] for user in body["data"]]
        if body["next"] is None:
            break
        query = f"limit=2&after={body['next']}"
    assert seen == [*reversed(made), admin.id]


# --- versions ---


async def test_a_change_must_say_which_version_it_is_for(house: House, admin: Person, ada: Person):
    path = f"{USERS}/{ada.id}"
    missing = await house.patch(path, {"role": "admin"}, admin.token, if_match=None)
    assert refusal(missing) == (428, "version_required", "If-Match")
    assert (await house.patch(path, {"role": "admin"}, admin.token, if_match='"1"')).status_code == 200
    stale = await house.patch(path, {"role": "member"}, admin.token, if_match='"1"')
    assert refusal(stale) == (412, "version_conflict", None)
    assert 'If-Match: "2"' in stale.json()["error"]["message"]
    assert (await house.patch(path, {"role": "member"}, admin.token, if_match='W/"2"')).status_code == 200
    assert refusal(await house.patch(path, {}, admin.token, if_match="2")) == (400, "invalid_request", "If-Match")


async def test_of_many_changes_to_one_version_one_is_made(house: House, admin: Person, ada: Person):
    path = f"{USERS}/{ada.id}"
    asked = [{"limits": {"concurrent": number + 1}} for number in range(8)]
    answers = await asyncio.gather(*(house.patch(path, body, admin.token, if_match='"1"') for body in asked))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_changes_to_any_version_lose_nothing(house: House, admin: Person, ada: Person):
    path = f"{USERS}/{ada.id}"
    asked = [{"limits": {name: 7}} for name in ("requests_per_min", "tokens_per_min", "concurrent")]
    answers = await asyncio.gather(*(house.patch(path, body, admin.token) for body in asked))
    assert [answer.status_code for answer in answers] == [200] * 3
    limits = (await house.get(path, admin.token)).json()["limits"]
    assert {name: limits[name] for name in ("requests_per_min", "tokens_per_min", "concurrent")} == dict.fromkeys(
        ("requests_per_min", "tokens_per_min", "concurrent"), 7
    )


# --- members ---


async def test_a_member_sees_itself_alone(house: House, admin: Person, ada: Person):
    assert [user["id"] for user in (await house.get(USERS, ada.token)).json()["data"]] == [ada.id]
    assert (await house.get(f"{USERS}/{ada.id}", ada.token)).status_code == 200
    assert refusal(await house.get(f"{USERS}/{admin.id}", ada.token)) == (404, "not_found", None)


@pytest.mark.parametrize("member", ["role", "is_active", "limits"])
async def test_a_member_does_not_raise_itself(house: House, ada: Person, member: str):
    values = {"role": "admin", "is_active": True, "limits": {"usd_per_day": None}}
    answer = await house.patch(f"{USERS}/{ada.id}", {member: values[member]}, ada.token)
    assert refusal(answer) == (403, "forbidden", member)


async def test_a_member_neither_adds_nor_removes(house: House, ada: Person):
    assert refusal(await house.post(USERS, {"email": "x@x.org", "password": PASSWORD}, ada.token))[:2] == (
        403,
        "forbidden",
    )
    assert refusal(await house.delete(f"{USERS}/{ada.id}", ada.token))[:2] == (403, "forbidden")


async def test_ones_own_password_takes_the_current_one(house: House, ada: Person):
    path, new = f"{USERS}/{ada.id}", "another long password"
    assert refusal(await house.patch(path, {"password": new}, ada.token)) == (403, "wrong_password", "current_password")
    wrong = await house.patch(path, {"password": new, "current_password": "x"}, ada.token)
    assert refusal(wrong) == (403, "wrong_password", "current_password")
    assert (await house.patch(path, {"password": new, "current_password": PASSWORD}, ada.token)).status_code == 200
    assert (await house.get(USERS, ada.token)).status_code == 401, "all log-ins end"
    assert (await house.post("/v1/auth/login", {"email": ada.email, "password": new})).status_code == 200


async def test_guessing_by_changing_is_slowed_as_well(house: House, ada: Person):
    asked = {"email": "x@x.org", "current_password": "x"}
    statuses = [(await house.patch(f"{USERS}/{ada.id}", asked, ada.token)).status_code for _ in range(14)]
    assert statuses == [403] * 13 + [429]


async def test_an_admin_sets_a_password_without_knowing_the_old_one(house: House, admin: Person, ada: Person):
    new = "another long password"
    assert (await house.patch(f"{USERS}/{ada.id}", {"password": new}, admin.token)).status_code == 200
    assert (await house.post("/v1/auth/login", {"email": ada.email, "password": new})).status_code == 200


# --- leaving ---


async def test_a_removed_user_is_out_and_comes_back_whole(house: House, admin: Person, ada: Person):
    key = (await house.post("/admin/v1/keys", {"name": "k", "scopes": ["admin"]}, ada.token)).json()
    removed = await house.delete(f"{USERS}/{ada.id}", admin.token)
    assert (removed.status_code, removed.json()["is_active"]) == (200, False)
    assert (await house.get(USERS, key["token"])).status_code == 401
    refused = await house.post("/v1/auth/login", {"email": ada.email, "password": PASSWORD})
    assert refusal(refused) == (401, "invalid_credentials", None)
    await house.patch(f"{USERS}/{ada.id}", {"is_active": True}, admin.token)
    assert (await house.get(USERS, key["token"])).status_code == 200
    assert (await house.get(USERS, ada.token)).status_code == 401, "log-ins do not come back"


async def test_the_last_admin_stays(house: House, admin: Person):
    assert refusal(await house.delete(f"{USERS}/{admin.id}", admin.token))[:2] == (409, "last_admin")
    assert refusal(await house.patch(f"{USERS}/{admin.id}", {"role": "member"}, admin.token))[:2] == (409, "last_admin")


async def test_a_removal_can_be_for_one_version(house: House, admin: Person, ada: Person):
    refused = await house.delete(f"{USERS}/{ada.id}", admin.token, if_match='"9"')
    assert refusal(refused)[:2] == (412, "version_conflict")
