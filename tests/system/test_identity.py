"""Keys and agents of the state store, whole processes: what a change does, and what lives on while others are gone."""

import hashlib
import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import msgspec
import pytest

from gossamer.control.tokens import mint_token
from tests.system.gateway import Gateway, eventually, start_gateway
from tests.system.node import CONFIG, Node
from tests.system.walk import say


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    config = {**CONFIG, "auth": {"ask_timeout": "200ms"}}
    with start_gateway(tmp_path_factory.mktemp("identity"), config, workers=2) as gateway:
        yield Node(gateway)


def test_a_key_is_good_when_it_is_made_and_bad_when_it_is_revoked(node: Node):
    key = node.state.add_key()
    assert node.chat(key.token).status == 200
    assert {node.chat(key.token).status for _ in range(10)} == {200}, "in each worker"
    node.state.revoke(key.key_id)
    began = time.monotonic()
    eventually(lambda: {node.chat(key.token).status for _ in range(10)} == {401})
    say(f"\nrefused by all workers {time.monotonic() - began:.3f} s after the revocation was committed\n")
    assert node.chat(key.token).code == "invalid_api_key"


def test_a_revocation_reaches_a_connection_that_is_kept(node: Node):
    key = node.state.add_key()
    connection = HTTPConnection("127.0.0.1", node.gateway.port, timeout=20)
    lines = {"authorization": f"Bearer {key.token}"}

    def status() -> int:
        connection.request("GET", "/v1/models", headers=lines)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert status() == 200
    node.state.revoke(key.key_id)
    eventually(lambda: status() == 401)
    connection.close()


def test_a_key_that_knows_no_model_or_scope_is_told_so(node: Node):
    limited = node.state.add_key(models=frozenset({"other"}))
    assert node.chat(limited.token, "other").status == 200
    assert (node.chat(limited.token).status, node.chat(limited.token).code) == (403, "model_forbidden")
    for_admin = node.state.add_key(scopes=("admin",))
    assert (node.chat(for_admin.token).status, node.chat(for_admin.token).code) == (403, "scope_forbidden")
    assert node.request("GET", "/admin/v1/keys", for_admin.token).status == 200


def test_keys_of_the_configuration_go_on_beside_those_of_the_store(node: Node):
    assert node.chat("sk-of-the-configuration").status == 200
    assert node.chat("sk-of-nobody").status == 401


# --- agents ---


def test_an_agent_has_its_own_models_and_its_own_default(node: Node):
    ann = node.state.add_user("ann@example.com")
    key = node.state.add_key(user_id=ann)
    agent = node.state.add_agent(user_id=ann, models=frozenset({"house"}), default_model="house")
    assert node.chat(key.token, "other").status == 200
    refused = node.chat(key.token, "other", x_agent_id=agent)
    assert (refused.status, refused.code) == (403, "model_forbidden")
    for model in ("house", "", None):
        answer = node.chat(key.token, model, x_agent_id=agent, x_request_id=f"agent-{model}")
        assert answer.status == 200
        record = node.gateway.record_of(f"agent-{model}")
        assert (record.key, record.user, record.agent, record.model) == (key.key_id, ann, agent, "house")
    assert node.chat(key.token, None).code == "invalid_request"


def test_somebody_elses_agent_and_no_agent_are_the_same(node: Node):
    bob = node.state.add_user("bob@example.com")
    agent = node.state.add_agent(user_id=bob)
    key = node.state.add_key()
    others, nobodys = (node.chat(key.token, x_agent_id=each) for each in (agent, mint_token().key_id))
    assert (others.status, others.code) == (403, "agent_forbidden")
    assert others.body == nobodys.body


def test_a_key_that_is_bound_to_one_agent_speaks_as_that(node: Node):
    one, two = node.state.add_agent(), node.state.add_agent()
    bound = node.state.add_key(agents=frozenset({one}))
    assert node.chat(bound.token, x_request_id="bound").status == 200
    assert node.gateway.record_of("bound").agent == one
    assert node.chat(bound.token, x_agent_id=two).code == "agent_forbidden"
    of_both = node.state.add_key(agents=frozenset({one, two}))
    assert node.chat(of_both.token).code == "agent_forbidden"
    assert node.chat(of_both.token, x_agent_id=two).status == 200


# --- the control process, gone and back ---


def test_without_the_control_process_known_keys_go_on_and_nothing_unknown_is_called_bad(node: Node):
    known, unknown = node.state.add_key(), node.state.add_key()
    bad = mint_token()
    hear_of_all(node)
    assert {node.chat(known.token).status for _ in range(20)} == {200}
    assert {node.chat(bad.token).status for _ in range(20)} == {401}
    pid = node.kill_control()
    # The first look-up of a successor comes a second later: longer than anybody waits here.
    assert node.chat(known.token).status == 200
    answer = node.chat(unknown.token)
    assert (answer.status, answer.code) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert node.chat(bad.token).status == 401
    admin = node.request("GET", "/admin/v1/keys")
    assert (admin.status, admin.code) == (503, "unavailable")
    eventually(lambda: node.has_control(pid))
    assert node.chat(unknown.token).status == 200
    assert node.chat(known.token).status == 200
    node.state.revoke(known.key_id)
    eventually(lambda: node.chat(known.token).status == 401)


def hear_of_all(node: Node) -> None:
    """Another process's changes are noticed a moment later, in their order, and end what was looked up before."""
    last = node.state.add_key()
    assert node.chat(last.token).status == 200
    node.state.revoke(last.key_id)
    eventually(lambda: {node.chat(last.token).status for _ in range(20)} == {401})


def test_the_last_use_of_a_key_is_told(node: Node):
    key = node.state.add_key()
    assert node.chat(key.token).status == 200
    node.gateway.process.send_signal(signal.SIGHUP)  # which loses nothing

    def last_used() -> object:
        return node.state.do(lambda store: store.key(key.key_id)).last_used_at

    eventually(lambda: last_used() is not None)


# --- the control paths ---


def test_the_admin_api_is_there_under_the_same_port(node: Node):
    assert node.request("GET", "/docs").status == 200
    assert "openapi" in node.request("GET", "/openapi.json").body
    assert node.request("GET", "/admin/v1/keys").status == 401
    assert node.request("GET", "/readyz").body == {"status": "ready"}
    answer = node.request("POST", "/v1/auth/login", body={"email": "nobody@example.com", "password": "x" * 100_000})
    assert answer.status in (401, 413, 422)


def test_the_control_paths_can_have_an_address_of_their_own(tmp_path: Path):
    config = {**CONFIG, "control": {"listen": "127.0.0.1:0", "expose": False}}
    with start_gateway(tmp_path, config) as gateway:
        node = Node(gateway)
        for path in ("/admin/v1/keys", "/docs", "/ui", "/ui/", "/v1/auth/login"):
            assert node.request("GET", path).status == 404
        assert node.request("GET", "/readyz").status == 200
        port = listening_port(gateway.control)
        own = HTTPConnection("127.0.0.1", port, timeout=20)
        for path in ("/docs", "/ui/"):
            own.request("GET", path)
            answer = own.getresponse()
            assert answer.status == 200
            answer.read()
        own.close()


def listening_port(pid: int) -> int:
    """Of the one TCP socket that a process listens on."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        inodes.add(str(descriptor.readlink()).removeprefix("socket:[").rstrip("]"))
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = row.split()
        if words[3] == "0A" and words[9] in inodes:
            return int(words[1].rpartition(":")[2], 16)
    raise AssertionError("it listens nowhere")


# --- keys of an older gateway ---


def test_the_first_key_of_an_older_gateway_is_taken_over(tmp_path: Path):
    token = f"gsm_{'a' * 16}_{'b' * 32}"
    old = {
        "name": "first",
        "id": "a" * 16,
        "sha256": hashlib.sha256(token.encode()).hexdigest(),
        "created": "2026-01-01T00:00:00+00:00",
    }
    data_dir = tmp_path / ".gossamer"
    data_dir.mkdir()
    (data_dir / "keys.json").write_bytes(msgspec.json.encode({"keys": [old]}))
    with Gateway(tmp_path) as gateway:
        assert "gsm_" not in gateway.out, "there is a key already"
        assert Node(gateway).chat(token, "mock").status == 200
        assert not (data_dir / "keys.json").exists()
        assert (data_dir / "keys.json.imported").exists()
    with Gateway(tmp_path) as gateway:
        assert Node(gateway).chat(token, "mock").status == 200
