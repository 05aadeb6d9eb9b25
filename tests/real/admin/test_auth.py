"""Registering, logging in and out, and what guessing costs."""

import asyncio
from typing import Any

import pytest

from gossamer.control.api.desk import OF_REGISTRATIONS, OF_TOKENS
from gossamer.control.store.store import Store
from gossamer.policy.log_in_gate import OF_ACCOUNT, OF_PAIR
from tests.real.admin.house import PASSWORD, House, Person, make_house, refusal

REGISTER, LOGIN, LOGOUT = "/v1/auth/register", "/v1/auth/login", "/v1/auth/logout"


def who(name: str, **more: Any) -> dict[str, Any]:
    return {"email": f"{name}@example.com", "password": PASSWORD, **more}


async def test_the_first_user_becomes_an_admin_and_is_logged_in(house: House):
    answer = await house.post(REGISTER, who("first"))
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["token"].startswith("gsl_")
    assert (body["user"]["email"], body["user"]["role"]) == ("first@example.com", "admin")
    assert (await house.get("/admin/v1/users", body["token"])).json()["data"] == [body["user"]]


async def test_of_many_first_users_at_once_exactly_one_is_let_in(house: House):
    asked = [house.post(REGISTER, who(f"u{number}"), address=f"192.0.2.{number}") for number in range(10)]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 9
    assert len((await house.store.users()).items) == 1


async def test_where_registration_is_open_of_many_first_users_exactly_one_is_admin(store: Store):
    house = make_house(store, "open")
    asked = [house.post(REGISTER, who(f"u{number}"), address=f"192.0.2.{number}") for number in range(8)]
    roles = sorted([answer.json()["user"]["role"] for answer in await asyncio.gather(*asked)])
    assert roles == ["admin"] + ["member"] * 7


async def test_a_closed_door_stays_closed_with_an_invite_too(house: House, admin: Person):
    made = (await house.post("/admin/v1/invites", {}, admin.token)).json()
    assert refusal(await house.post(REGISTER, who("x"))) == (403, "registration_closed", None)
    assert refusal(await house.post(REGISTER, who("x", invite=made["code"]))) == (403, "registration_closed", None)


async def test_an_invite_lets_one_person_in_once(store: Store):
    house = make_house(store, "invite")
    admin = await house.person("admin", "admin")
    made = (await house.post("/admin/v1/invites", {"role": "admin"}, admin.token)).json()
    assert refusal(await house.post(REGISTER, who("x"))) == (403, "registration_closed", "invite")
    assert refusal(await house.post(REGISTER, who("x", invite="gsi_wrong")))[:2] == (403, "registration_closed")
    let_in = await house.post(REGISTER, who("x", invite=made["code"]))
    assert (let_in.status_code, let_in.json()["user"]["role"]) == (201, "admin")
    assert refusal(await house.post(REGISTER, who("y", invite=made["code"])))[:2] == (403, "registration_closed")
    (listed,) = (await house.get("/admin/v1/invites", admin.token)).json()["data"]
    assert listed["used_by"] == let_in.json()["user"]["id"]


async def test_an_invite_for_one_address_is_no_good_to_another(store: Store):
    house = make_house(store, "invite")
    admin = await house.person("admin", "admin")
    made = (await house.post("/admin/v1/invites", {"email": "ada@example.com"}, admin.token)).json()
    assert (await house.post(REGISTER, who("bob", invite=made["code"]))).status_code == 403
    assert (await house.post(REGISTER, who("ADA", invite=made["code"]))).status_code == 201


async def test_an_address_that_is_taken_is_said_so(store: Store):
    house = make_house(store, "open")
    await house.post(REGISTER, who("ada"))
    assert refusal(await house.post(REGISTER, who("Ada"))) == (409, "already_taken", "email")


async def test_registering_over_and_over_is_slowed(house: House, admin: Person):
    answers = [await house.post(REGISTER, who("x")) for _ in range(OF_REGISTRATIONS.burst + 1)]
    assert [answer.status_code for answer in answers] == [403] * OF_REGISTRATIONS.burst + [429]
    assert answers[-1].headers["retry-after"] == "60"
    assert (await house.post(REGISTER, who("x"), address="192.0.2.9")).status_code == 403


async def test_logging_in_and_out(house: House, ada: Person):
    again = (await house.post(LOGIN, {"email": "ADA@example.com", "password": PASSWORD})).json()
    assert again["user"]["id"] == ada.id
    assert again["token"] != ada.token
    assert (await house.post(LOGOUT, token=again["token"])).status_code == 204
    assert refusal(await house.get("/admin/v1/users", again["token"])) == (401, "invalid_api_key", None)
    assert (await house.get("/admin/v1/users", ada.token)).status_code == 200


async def test_a_log_in_ends_with_its_time(house: House, ada: Person):
    house.app.state.desk.auth = type(house.app.state.desk.auth)(login_ttl_s=0.001)
    token = (await house.post(LOGIN, {"email": ada.email, "password": PASSWORD})).json()["token"]
    await asyncio.sleep(0.01)
    assert (await house.get("/admin/v1/users", token)).status_code == 401


@pytest.mark.parametrize("body", [{"email": "ada@example.com", "password": "wrong"}, who("nobody")])
async def test_a_wrong_password_and_nobodys_address_look_alike(house: House, ada: Person, body: dict[str, str]):
    answer = await house.post(LOGIN, body)
    assert refusal(answer) == (401, "invalid_credentials", None)
    assert "go together" in answer.json()["error"]["message"]


async def test_guessing_is_slowed_and_the_right_password_works_after_the_wait(house: House, ada: Person):
    wrong = {"email": ada.email, "password": "wrong"}
    most = OF_PAIR.burst + OF_ACCOUNT.burst
    statuses = [(await house.post(LOGIN, wrong)).status_code for _ in range(most)]
    assert statuses == [401] * most
    refused = await house.post(LOGIN, {"email": ada.email, "password": PASSWORD})
    assert refusal(refused) == (429, "rate_limit_exceeded", None)
    house.clock.now += int(refused.headers["retry-after"])
    assert (await house.post(LOGIN, {"email": ada.email, "password": PASSWORD})).status_code == 200


async def test_guessing_from_elsewhere_shuts_nobody_out(house: House, ada: Person):
    for number in range(8):
        for _ in range(OF_PAIR.burst):
            await house.post(LOGIN, {"email": ada.email, "password": "wrong"}, address=f"198.51.100.{number}")
    mine = await house.post(LOGIN, {"email": ada.email, "password": PASSWORD}, address="192.0.2.7")
    assert mine.status_code == 200


async def test_a_hundred_guesses_at_once_are_a_hundred(house: House, ada: Person):
    wrong = {"email": ada.email, "password": "wrong"}
    answers = await asyncio.gather(*(house.post(LOGIN, wrong) for _ in range(100)))
    assert sum(answer.status_code == 401 for answer in answers) == OF_PAIR.burst + OF_ACCOUNT.burst


async def test_right_passwords_are_never_slowed(house: House, ada: Person):
    for _ in range(OF_PAIR.burst + OF_ACCOUNT.burst + 2):
        assert (await house.post(LOGIN, {"email": ada.email, "password": PASSWORD})).status_code == 200


async def test_a_failed_log_in_is_in_the_audit_of_whom_it_was_meant_for(house: House, ada: Person, bob: Person):
    await house.post(LOGIN, {"email": ada.email, "password": "a wrong one"})
    path = "/admin/v1/audit?action=login.fail"
    (event,) = (await house.get(path, ada.token)).json()["data"]
    assert event["actor"]["address"] == "192.0.2.1"
    assert event["after"] == {"email": ada.email}
    assert (await house.get(path, bob.token)).json()["data"] == []


async def test_only_a_log_in_can_be_logged_out(house: House, admin: Person):
    key = (await house.post("/admin/v1/keys", {"name": "ops", "scopes": ["admin"]}, admin.token)).json()
    assert refusal(await house.post(LOGOUT, token=key["token"])) == (400, "invalid_request", None)


# --- who is asking ---


@pytest.mark.parametrize("token", [None, "gsl_wrong", "gsm_wrong", "anything"])
async def test_without_a_good_token_nobody_gets_in(house: House, token: str | None):
    answer = await house.get("/admin/v1/users", token)
    assert refusal(answer) == (401, "invalid_api_key", None)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_bad_tokens_are_slowed_by_address_and_good_ones_are_not(house: House, ada: Person):
    for _ in range(OF_TOKENS.burst):
        assert (await house.get("/admin/v1/users", "gsl_wrong")).status_code == 401
        assert (await house.get("/admin/v1/users", ada.token, address="192.0.2.2")).status_code == 200
    assert (await house.get("/admin/v1/users", "gsl_wrong")).status_code == 429
    assert (await house.get("/admin/v1/users", ada.token)).status_code == 200, "at that address too"


async def test_a_token_that_was_good_is_no_better_than_others_once_it_is_not(house: House, ada: Person):
    assert (await house.get("/admin/v1/users", ada.token)).status_code == 200
    await house.post(LOGOUT, token=ada.token)
    statuses = [(await house.get("/admin/v1/users", ada.token)).status_code for _ in range(OF_TOKENS.burst + 1)]
    assert statuses == [401] * OF_TOKENS.burst + [429]


async def test_a_key_with_the_scope_works_in_both_headers(house: House, admin: Person):
    key = (await house.post("/admin/v1/keys", {"name": "ops", "scopes": ["admin"]}, admin.token)).json()["token"]
    assert (await house.get("/admin/v1/users", key)).status_code == 200
    assert (await house.get("/admin/v1/users", headers={"x-api-key": key})).status_code == 200


async def test_a_key_without_the_scope_is_told_so(house: House, admin: Person):
    key = (await house.post("/admin/v1/keys", {"name": "app"}, admin.token)).json()["token"]
    assert refusal(await house.get("/admin/v1/users", key)) == (403, "scope_forbidden", None)


async def test_a_members_key_with_the_scope_is_a_member(house: House, ada: Person, bob: Person):
    key = (await house.post("/admin/v1/keys", {"name": "ops", "scopes": ["admin"]}, ada.token)).json()["token"]
    assert [user["id"] for user in (await house.get("/admin/v1/users", key)).json()["data"]] == [ada.id]
    assert (await house.get(f"/admin/v1/users/{bob.id}", key)).status_code == 404


async def test_a_key_is_no_better_than_its_user(house: House, admin: Person, ada: Person):
    asked = {"name": "ops", "scopes": ["admin"], "user_id": ada.id}
    key = (await house.post("/admin/v1/keys", asked, admin.token)).json()["token"]
    assert (await house.get("/admin/v1/users", key)).status_code == 200
    await house.delete(f"/admin/v1/users/{ada.id}", admin.token)
    assert (await house.get("/admin/v1/users", key)).status_code == 401
    assert (await house.get("/admin/v1/users", ada.token)).status_code == 401


# --- from where ---


async def test_the_address_of_a_worker_is_the_one_that_it_hands_on(house: House):
    statuses = []
    for number in range(OF_TOKENS.burst + 1):
        handed_on = {"x-forwarded-for": f"198.51.100.{number}, 203.0.113.5"}
        answer = await house.get("/admin/v1/users", "gsl_wrong", is_unix=True, headers=handed_on)
        statuses.append(answer.status_code)
    assert statuses[-2:] == [401, 429], "only the last one is the worker's word"
    other = {"x-forwarded-for": "203.0.113.5, 203.0.113.6"}
    assert (await house.get("/admin/v1/users", "gsl_wrong", is_unix=True, headers=other)).status_code == 401


async def test_over_tcp_nobodys_word_is_taken(house: House):
    statuses = []
    for number in range(OF_TOKENS.burst + 1):
        made_up = {"x-forwarded-for": f"198.51.100.{number}"}
        statuses.append((await house.get("/admin/v1/users", "gsl_wrong", headers=made_up)).status_code)
    assert statuses[-2:] == [401, 429]


async def test_to_a_member_others_are_only_what_they_are(house: House, admin: Person, ada: Person):
    await house.patch(f"/admin/v1/users/{ada.id}", {"limits": {"concurrent": 3}}, admin.token)
    path = f"/admin/v1/audit?action=user.update&subject={ada.id}"
    (seen,) = (await house.get(path, ada.token)).json()["data"]
    assert seen["actor"] == {"kind": "user", "id": None, "user_id": None, "role": "admin", "address": ""}
    (known,) = (await house.get(path, admin.token)).json()["data"]
    assert (known["actor"]["id"], known["actor"]["address"]) == (admin.id, "192.0.2.1")
    assert known["after"] == seen["after"]
