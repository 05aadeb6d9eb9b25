"""Of two members nothing of one is visible to or changeable by the other, path by path through the OpenAPI document.

A path that is added is asked by itself; one whose parameters are not known here fails the test until they are.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from gossamer.control.tokens import digest_of
from tests.real.admin.house import PASSWORD, House, Person, operations
from tests.real.admin.speaking import say

OPERATIONS = operations()
NAMES = ("user_id", "key_id", "agent_id", "invite_id", "trace_id", "directive_id", "session_id")
ROUTE_NAME = "tier"
"""Nobody's: whether there is such a route is for admins to know."""
ROUTE = {"targets": [{"target": "mock/one"}]}
OF_ADMINS = ("invites", "routes")
"""Whoever is none hears so, whatever there is."""
FILTERS = ("user_id", "subject", "actor_id", "agent_id", "search", "after", "user", "key", "agent", "text")
"""Parameters that may name somebody's things."""


@dataclass(frozen=True)
class Belongings:
    """What one person has, by the name of the parameter that would name it."""

    person: Person
    user_id: str
    key_id: str
    agent_id: str
    invite_id: str
    """No member has one; that of another could be tried all the same."""
    token: str
    trace_id: str
    directive_id: str
    session_id: str

    @property
    def ids(self) -> set[str]:
        return {self.user_id, self.key_id, self.agent_id, self.trace_id, self.directive_id, self.session_id}

    def traces(self, text: str) -> set[str]:
        """What in an answer would be of this person."""
        return {trace for trace in (*self.ids, self.person.email, self.token) if trace in text}


async def belongings(house: House, person: Person, invite_id: str) -> Belongings:
    agent = (await house.post("/admin/v1/agents", {"name": "theirs"}, person.token)).json()
    asked = {"name": "theirs", "agents": [agent["id"]], "scopes": ["admin", "inference"]}
    key = (await house.post("/admin/v1/keys", asked, person.token)).json()
    trace_id = say(house, person.id, "talk", key=key["id"], agent=agent["id"])
    directive = (await house.post("/admin/v1/directives", {"name": "theirs", "text": "Be kind."}, person.token)).json()
    (session,) = (await house.get("/admin/v1/sessions?name=talk", person.token)).json()["data"]
    return Belongings(
        person, person.id, key["id"], agent["id"], invite_id, key["token"], trace_id, directive["id"], session["id"]
    )


@pytest.fixture
async def invite_id(house: House, admin: Person) -> str:
    return str((await house.post("/admin/v1/invites", {}, admin.token)).json()["id"])


@pytest.fixture
async def mine(house: House, ada: Person, invite_id: str) -> Belongings:
    return await belongings(house, ada, invite_id)


@pytest.fixture
async def theirs(house: House, bob: Person, invite_id: str) -> Belongings:
    return await belongings(house, bob, invite_id)


async def state_of(house: House, belongings: Belongings) -> list[Any]:
    """All that the store knows of a person, as an admin would see it."""
    store, user_id = house.store, belongings.user_id
    return [
        await store.user(user_id),
        (await store.keys(owner=user_id)).items,
        (await store.agents(owner=user_id)).items,
        (await store.directives(owner=user_id)).items,
        [event for event in (await store.events(owner=user_id)).items if event.action != "login.fail"],
        await store.user_of_login(digest_of(belongings.person.token)),
    ]


def filled(path: str, theirs: Belongings) -> str:
    """A path of the document that names what is theirs."""
    return path.format(**{name: getattr(theirs, name) for name in NAMES}, route_name=ROUTE_NAME, number=1)


def bodies(method: str, path: str, theirs: Belongings) -> list[dict[str, Any] | None]:
    """What somebody would send who wants what is not theirs. None where there is no body."""
    named, bound = {"name": "x", "user_id": theirs.user_id}, {"agents": [theirs.agent_id]}
    asked: dict[str, list[dict[str, Any]]] = {
        "POST users": [{"email": "stolen@example.com", "password": PASSWORD}],
        "PATCH users": [{"is_active": False}, {"role": "admin"}, {"password": PASSWORD, "current_password": PASSWORD}],
        "POST keys": [{"name": "stolen"}, named, {"name": "x", **bound}],
        "PATCH keys": [{"name": "stolen"}, bound, {"models": None}],
        "POST agents": [{"name": "stolen"}, named],
        "PATCH agents": [{"name": "stolen"}, {"is_active": False}],
        "POST directives": [{"name": "stolen", "text": "Be mine."}],
        "PATCH directives": [{"name": "stolen"}],
        "POST versions": [{"text": "Be mine."}],
        "POST activate": [{"number": 1}],
        "POST invites": [{"role": "admin"}],
        "PUT routes": [ROUTE],
        "POST auth": [{"email": theirs.person.email, "password": "a guess of it"}],
    }
    noun = path.split("/")[2] if path.startswith("/v1/") else path.split("/")[-1 if "{" not in path else 3]
    found = asked.get(f"{method} {path.rsplit('/', maxsplit=1)[-1]}") or asked.get(f"{method} {noun}")
    return list(found) if found else [None]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_nothing_of_somebody_else_is_seen_or_changed(
    house: House, mine: Belongings, theirs: Belongings, method: str, path: str
):
    target = filled(path, theirs)
    before = await state_of(house, theirs)
    answers = [
        await house.ask(method, target, body, token=token, if_match="*")
        for body in bodies(method, path, theirs)
        for token in (mine.person.token, mine.token)
    ]
    if method == "GET" and target == path:
        values = (*theirs.ids, theirs.person.email[:3])
        answers += [await house.get(f"{path}?{name}={value}", mine.token) for name in FILTERS for value in values]
    echoed = {trace for trace in theirs.ids if trace in target} | {theirs.user_id, theirs.agent_id}
    for answer in answers:
        assert answer.status_code < 500
        if answer.is_success:
            assert theirs.traces(answer.text) == set(), answer.text
        else:
            # A refusal may repeat an id that it was given, and must not know more.
            assert theirs.traces(answer.text) <= echoed
        if target != path:
            assert answer.status_code in (403, 404), "there is no such thing"
            assert answer.status_code == 404 or any(noun in path for noun in OF_ADMINS)
    assert await state_of(house, theirs) == before


async def test_what_is_somebody_elses_answers_as_what_is_nobodys(house: House, mine: Belongings, theirs: Belongings):
    nobodys = "01900000-0000-7000-8000-000000000000"
    for method, path in (each.values for each in OPERATIONS):
        if "{" not in path:
            continue
        body: object = {"PATCH": {}, "PUT": ROUTE}.get(method)
        real = await house.ask(method, filled(path, theirs), body, token=mine.person.token, if_match="*")
        unreal = await house.ask(
            method,
            path.format(**dict.fromkeys(NAMES, nobodys), route_name=ROUTE_NAME, number=1),
            body,
            token=mine.person.token,
            if_match="*",
        )
        shown = real.text
        for name in NAMES:
            shown = shown.replace(getattr(theirs, name), nobodys)
        assert (real.status_code, shown) == (unreal.status_code, unreal.text), (method, path)


async def test_without_a_token_only_the_doors_themselves_open(house: House, mine: Belongings):
    is_open = ("/healthz", "/readyz", "/v1/auth/login", "/v1/auth/register")
    for method, path in (each.values for each in OPERATIONS):
        body: object = {} if method in ("POST", "PATCH") else None
        answer = await house.ask(method, filled(path, mine), body, if_match="*")
        assert (answer.status_code == 401) is (path not in is_open), (method, path)


async def test_what_a_member_makes_is_its_own(house: House, mine: Belongings, theirs: Belongings, admin: Person):
    for path in ("/admin/v1/keys", "/admin/v1/agents"):
        listed = (await house.get(path, mine.person.token)).json()["data"]
        assert {each["user_id"] for each in listed} == {mine.user_id}
        everybodys = (await house.get(path, admin.token)).json()["data"]
        assert {each["user_id"] for each in everybodys} == {mine.user_id, theirs.user_id}
