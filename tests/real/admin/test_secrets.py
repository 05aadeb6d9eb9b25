"""Passwords and tokens that are planted come out nowhere: not in answers, logs, audit events or lists."""

import logging
from collections.abc import Iterator
from io import StringIO

import msgspec
import pytest

from gossamer.control.store.store import Store
from gossamer.core.logs import set_up_logs
from tests.real.admin.house import House, make_house

PASSWORD, OTHER, WRONG = "Plant-Password-0001", "Plant-Password-0002", "Plant-Password-0003"
FORGED = "gsl_plantedplantedplantedplantedplan"
ONCE = ("token", "code")
"""Members of the one answer that shows a secret."""


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """Every line that is logged, at the level that says most."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = StringIO()
    set_up_logs("debug", "json", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


async def walk(house: House) -> set[str]:
    """Through everything that takes or gives a secret; gives all that were given."""
    login = {"email": "ada@example.com", "password": PASSWORD}
    first = (await house.post("/v1/auth/register", login)).json()
    token, path = first["token"], f"/admin/v1/users/{first['user']['id']}"
    invite = (await house.post("/admin/v1/invites", {}, token)).json()["code"]
    invited = {"email": "bob@example.com", "password": OTHER, "invite": invite}
    second = (await house.post("/v1/auth/register", invited)).json()["token"]
    key = (await house.post("/admin/v1/keys", {"name": "k", "scopes": ["admin"]}, token)).json()
    await house.get("/admin/v1/keys", key["token"])
    for body in (
        {**login, "password": WRONG},
        {**login, "password": [WRONG]},
        {**login, "pasword": WRONG},
        {"email": WRONG, "password": WRONG},
        {"email": "ada@example.com", "password": WRONG * 100},
        [WRONG],
        WRONG,
    ):
        await house.post("/v1/auth/login", body)
        await house.post("/v1/auth/register", body)
        await house.patch(path, body, token)
        await house.post("/admin/v1/users", body, token)
    await house.patch(path, {"password": OTHER, "current_password": WRONG}, token)
    await house.patch(path, {"password": OTHER, "current_password": PASSWORD}, token)
    await house.post("/v1/auth/login", content=f'{{"password": "{WRONG}"', headers={"content-type": "application/json"})
    await house.post("/v1/auth/login", content=f"password={WRONG}")
    for forged in (FORGED, f"gsm_{FORGED}", FORGED * 20):
        await house.get("/admin/v1/keys", forged)
        await house.get(f"/admin/v1/keys/{forged[:60]}", forged)
        await house.get(f"/admin/v1/keys?{forged}=1", second)
        await house.post("/admin/v1/keys", {forged: forged, "name": [forged]}, second)
    await house.post("/v1/auth/logout", token=second)
    return {token, second, key["token"], invite}


async def test_secrets_come_out_nowhere(store: Store, logged: StringIO):
    house = make_house(store, "invite")
    given = await walk(house)
    planted = {PASSWORD, OTHER, WRONG}
    assert len(given) == 4
    for answer in house.answers:
        text = answer.text
        if answer.is_success and text:
            body = answer.json()
            text = msgspec.json.encode({name: each for name, each in body.items() if name not in ONCE}).decode()
        found = [secret for secret in planted | given if secret in text]
        assert found == [], f"{answer.request.method} {answer.request.url}: {text}"
        assert all(secret not in str(answer.headers) for secret in planted | given)
    events = await store.events()
    kept = msgspec.json.encode([events, await store.users(), await store.keys(), await store.invites()]).decode()
    assert len(events.items) > 5
    for secret in planted | given:
        assert secret not in kept
        assert secret not in logged.getvalue()


async def test_a_forged_token_is_not_repeated(house: House):
    answer = await house.get("/admin/v1/keys", FORGED)
    assert FORGED not in answer.text
