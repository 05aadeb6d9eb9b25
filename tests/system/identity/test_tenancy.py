"""Two users on one gateway: on the way of a request nothing of one serves the other.

The admin paths are asked in tests/real/admin.
"""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.system.gateway import eventually, start_gateway
from tests.system.identity.administration import Made, Person, register
from tests.system.node import CHAT, CONFIG, Answer, Node
from tests.system.raw_client import RawClient

WORKERS = 2
TRIES = 8
"""On connections of their own: both workers are asked."""


class Tenant(NamedTuple):
    person: Person
    key: Made
    agent: str
    """Its models and its default are its own."""


class House(NamedTuple):
    node: Node
    admin: Person
    ann: Tenant
    bob: Tenant


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with start_gateway(tmp_path_factory.mktemp("tenancy"), CONFIG, WORKERS) as gateway:
        node = Node(gateway)
        admin = register(node)
        yield House(node, admin, tenant(admin, "ann@example.com"), tenant(admin, "bob@example.com"))


def tenant(admin: Person, email: str) -> Tenant:
    person = admin.add_person(email)
    agent = person.add_agent(models=["house"], default_model="house")
    return Tenant(person, person.add_key(), agent)


def asked(node: Node, token: str, **headers: str) -> list[Answer]:
    return [node.chat(token, **headers) for _ in range(TRIES)]


def test_nobody_speaks_for_the_agent_of_another(house: House):
    assert {each.status for each in asked(house.node, house.bob.key.token, x_agent_id=house.bob.agent)} == {200}
    answers = asked(house.node, house.ann.key.token, x_agent_id=house.bob.agent)
    assert {(each.status, each.code) for each in answers} == {(403, "agent_forbidden")}
    nobodys = asked(house.node, house.ann.key.token, x_agent_id="01900000-0000-7000-8000-000000000000")
    assert {each.body["error"]["message"] for each in answers} == {each.body["error"]["message"] for each in nobodys}


def test_nobody_binds_a_key_to_the_agent_of_another(house: House):
    asked_for = {"name": "k", "agents": [house.bob.agent]}
    assert house.ann.person.ask("POST", "/admin/v1/keys", asked_for).status == 404
    change = {"agents": [house.bob.agent]}
    path = f"/admin/v1/keys/{house.ann.key.id}"
    assert house.ann.person.ask("PATCH", path, change, if_match="*").status == 404
    # Nor does an admin by mistake, for a key that is somebody's.
    asked_for = {"name": "k", "user_id": house.ann.person.id, "agents": [house.bob.agent]}
    assert house.admin.ask("POST", "/admin/v1/keys", asked_for).status == 404


def test_a_binding_does_not_outlive_the_agent(house: House):
    agent = house.ann.person.add_agent()
    key = house.ann.person.add_key(agents=[agent])
    assert {each.status for each in asked(house.node, key.token)} == {200}
    house.ann.person.do("DELETE", f"agents/{agent}")
    # It may not do more than before. Each worker hears of it by itself, within a second.
    eventually(lambda: {each.status for each in asked(house.node, key.token)} == {403})
    assert {each.code for each in asked(house.node, key.token)} == {"agent_forbidden"}


SHARED = [
    ("GET", "/v1/files"),
    ("GET", "/v1/files/file-of-bob/content"),
    ("DELETE", "/v1/files/file-of-bob"),
    ("POST", "/v1/batches"),
    ("GET", "/v1/chat/completions"),
]


def test_what_lies_in_the_providers_one_account_is_not_for_every_key(house: House):
    through = {"x_gossamer_provider": "mock"}
    allowed = house.admin.add_key(scopes=["inference", "passthrough"])
    for method, path in SHARED:
        body: object = {} if method == "POST" else None
        refused = house.node.request(method, path, house.ann.key.token, body, **through)
        assert (refused.status, refused.code) == (403, "scope_forbidden"), path
        assert house.node.request(method, path, allowed.token, body, **through).status != 403, path
    for token in (house.ann.key.token, allowed.token):
        kept = house.node.request("GET", "/v1/responses/resp_of_bob", token, None, **through)
        assert kept.status == 404, "responses are the gateway's own to keep, and the provider is not asked"
    speech = {"model": "house", "input": "Hello", "voice": "alloy"}
    assert house.node.request("POST", "/v1/audio/speech", house.ann.key.token, speech).status != 403


def test_a_list_of_models_holds_for_a_provider_that_is_named(house: House):
    limited = house.admin.add_key(models=["house"])
    allowed = house.admin.add_key(models=["mock/house"])
    assert house.node.chat(limited.token).status == 200
    by_another = house.node.chat(limited.token, x_gossamer_provider="mock")
    assert (by_another.status, by_another.code) == (403, "model_forbidden")
    assert house.node.chat(allowed.token, x_gossamer_provider="mock").status == 200


def test_nobody_lets_himself_into_the_providers_account(house: House):
    asked_for = {"name": "k", "scopes": ["inference", "passthrough"]}
    assert house.ann.person.ask("POST", "/admin/v1/keys", asked_for).status == 403
    path = f"/admin/v1/keys/{house.ann.key.id}"
    change = {"scopes": ["inference", "passthrough"]}
    assert house.ann.person.ask("PATCH", path, change, if_match="*").status == 403
    # What an admin gave, its owner may keep.
    given = house.admin.add_key(user_id=house.ann.person.id, scopes=["inference", "passthrough"])
    kept = house.ann.person.ask("PATCH", f"/admin/v1/keys/{given.id}", change | {"name": "mine"}, if_match="*")
    assert kept.status == 200


async def test_on_one_connection_each_request_is_its_own_senders(house: House):
    """What is kept with a head is kept for that head: a proxy sends many clients' requests over one connection."""
    body = {"messages": [{"role": "user", "content": "Hello"}]}
    tenants = [house.ann, house.bob] * TRIES
    async with RawClient(house.node.gateway.port, "") as client:
        for number, (who, other) in enumerate(zip(tenants, tenants[1:], strict=False)):
            own = {"x_api_key": who.key.token, "x_agent_id": who.agent, "x_request_id": f"own-{number}"}
            for _ in range(2):  # the second time its head is known
                assert (await ask(client, body, own)).status == 200
            assert (await ask(client, body, own | {"x_agent_id": other.agent})).status == 403
    records = await asyncio.to_thread(house.node.gateway.records)
    whose = [(each.request_id, each.key, each.user, each.agent) for each in records if each.status == 200]
    for number, who in enumerate(tenants[:-1]):
        named = (f"own-{number}", who.key.id, who.person.id, who.agent)
        assert [each for each in whose if each[0] == named[0]] == [named] * 2


async def ask(client: RawClient, body: object, headers: dict[str, str]):
    return await client.ask("POST", CHAT, body, **headers)


def test_limits_of_one_do_not_touch_the_other(house: House):
    house.admin.do("PATCH", f"users/{house.ann.person.id}", {"limits": {"requests_per_min": WORKERS}})
    eventually(lambda: 429 in {each.status for each in asked(house.node, house.ann.key.token)})
    few = asked(house.node, house.ann.key.token)
    others = asked(house.node, house.bob.key.token)
    house.admin.do("PATCH", f"users/{house.ann.person.id}", {"limits": {"requests_per_min": None}})
    assert {each.status for each in few} >= {429}
    assert {each.status for each in others} == {200}
    refused = next(each for each in few if each.status == 429)
    assert house.bob.person.id not in str(refused.body)
    assert all("x-ratelimit-limit-requests" not in each.headers for each in others)


def test_a_token_for_administration_is_none_for_inference_and_the_other_way_round(house: House):
    assert {each.status for each in asked(house.node, house.ann.person.token)} == {401}
    assert house.node.request("GET", "/admin/v1/keys", house.ann.key.token).status == 403
    for_admin = house.ann.person.add_key(scopes=["admin"])
    assert {each.code for each in asked(house.node, for_admin.token)} == {"scope_forbidden"}
    found = house.node.request("GET", "/admin/v1/keys", for_admin.token).body["data"]
    assert {each["user_id"] for each in found} == {house.ann.person.id}, "what a key administers is its user's"
