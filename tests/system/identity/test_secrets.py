"""What is secret stays with whoever gave it: not a byte of it in what the processes say, write, keep or answer.

Every secret there is gets planted, everything is driven that could carry one away, and then all of it is searched.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from gossamer.control.tokens import mint_token
from tests.real import redis as servers
from tests.real.postgres import Postgres
from tests.real.redis import RedisServer
from tests.system.gateway import Gateway, Mock, eventually, quiet_environment, start_gateway
from tests.system.identity.administration import PASSWORD, Made, Person, log_in, register
from tests.system.identity.cuts import Cut
from tests.system.node import CHAT, CONFIG, Answer, Node
from tests.system.raw import Raw, head

DATABASE_PASSWORD = "Plant@database-7f3a"
REDIS_PASSWORD = "Plant@redis-91bc"
PROVIDER_KEY = "sk-plant-provider-5d20"
CONFIGURED = "sk-plant-configured-c41e"
WRONG_PASSWORD = "Plant-wrong-password-08d7"
NEW_PASSWORD = "Plant-new-password-55aa"
FORGED_LOGIN = "gsl_plantedplantedplantedplantedplan"
ONCE = ("token", "code")
"""Members of the one answer that shows a secret to whom it belongs."""
UTF_8 = "utf-8"


class Watched(Node):
    """One that remembers what it was answered, as text, without what belongs there."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.answers: list[str] = []

    def request(self, method: str, path: str, token: str = "", body: object = None, **headers: str) -> Answer:
        answer = super().request(method, path, token, body, **headers)
        kept = answer.body
        if answer.status < 300 and isinstance(kept, dict):
            kept = {name: each for name, each in kept.items() if name not in ONCE}
        self.answers.append(f"{method} {path}: {answer.headers} {kept}")
        return answer


class Site:
    """A gateway that says all that it can say, its servers, and the ways to them."""

    def __init__(self, node: Watched, mock: Mock, postgres: Cut, redis: Cut) -> None:
        self.node = node
        self.mock = mock
        self.postgres = postgres
        self.redis = redis
        self.secrets = {
            DATABASE_PASSWORD, REDIS_PASSWORD, PROVIDER_KEY, CONFIGURED, WRONG_PASSWORD, NEW_PASSWORD, PASSWORD,
            FORGED_LOGIN,
        }  # fmt: skip

    def plant(self, secret: str) -> str:
        self.secrets.add(secret)
        return secret


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with servers.redis_server("--appendonly", "yes", "--rdbcompression", "no") as server:
        server.ask("ACL", "SETUSER", "gossamer", "on", f">{REDIS_PASSWORD}", "~*", "+@all")
        yield server


@pytest.fixture
def site(postgres: Postgres, database: str, redis: RedisServer, provider: Mock, tmp_path: Path) -> Iterator[Site]:
    to_postgres, to_redis = Cut(postgres.socket), Cut(("127.0.0.1", redis.port))
    up = {"kind": "openai-compatible", "base_url": f"{provider.url}/v1", "api_keys": [PROVIDER_KEY]}
    config: dict[str, Any] = {
        **CONFIG,
        "providers": {"up": up},
        "models": {"house": "up/mock"},
        "keys": [{"name": "configured", "token": CONFIGURED}],
        "log": {"format": "json", "level": "debug"},
        "state": f"postgresql://postgres:{quote(DATABASE_PASSWORD)}@127.0.0.1:{to_postgres.port}/{database}",
        "counters": f"redis://gossamer:{quote(REDIS_PASSWORD)}@127.0.0.1:{to_redis.port}/0",
        "prices": {"up/mock": {"request": 0.01}},
        "auth": {"ask_timeout": "300ms", "registration": "invite"},
    }
    try:
        with start_gateway(tmp_path, config, workers=2) as gateway:
            yield Site(Watched(gateway), provider, to_postgres, to_redis)
    finally:
        to_postgres.close()
        to_redis.close()


def test_no_secret_is_anywhere(site: Site, postgres: Postgres, database: str, redis: RedisServer):
    admin = register(site.node)
    site.plant(admin.token)
    key = administer(site, admin)
    use(site, key)
    fail(site, key)
    be_away(site, key)
    commands = [run(site, *words) for words in (["config", "show"], ["doctor"], ["key", "list"], ["audit", "list"])]
    reload_badly(site)
    told = msgspec.json.encode([site.node.request("GET", f"/admin/v1/{noun}", admin.token).body for noun in NOUNS])
    redis.ask("SAVE")
    running = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids(site.node.gateway)]
    site.node.gateway.end()
    everything: dict[str, bytes] = {
        "stdout": site.node.gateway.out.encode(),
        "stderr": site.node.gateway.log.encode(),
        "the mock": (site.mock.out + site.mock.log).encode(),
        "answers": "\n".join(site.node.answers).encode(),
        "the admin API": told,
        "commands": "\n".join(commands).encode(),
        "command lines": b"\n".join(running),
        "the database": dump(postgres, database),
        **files(site.node.gateway.data_dir),
        **{f"redis: {name}": data for name, data in files(redis._folder).items()},
    }
    assert_driven(everything)
    found = {(where, secret) for where, data in everything.items() for secret in site.secrets if appears(secret, data)}
    assert found == set()


NOUNS = ("users", "keys", "agents", "audit", "invites")


def administer(site: Site, admin: Person) -> Made:
    """Everything that takes or gives a secret, and whatever can be wrong with it."""
    node = site.node
    key = admin.add_key(limits={"requests_per_min": 1_000_000, "usd_per_day": "1000.00"})
    for secret in (key.token, admin.add_key(scopes=["admin"]).token):
        site.plant(secret)
    code = site.plant(admin.do("POST", "invites", {})["code"])
    for _ in range(2):  # the second time it is used
        node.request("POST", "/v1/auth/register", body={"email": "b@example.com", "password": PASSWORD, "invite": code})
    person = log_in(node, "b@example.com")
    site.plant(person.token)
    for email in ("b@example.com", "nobody@example.com", WRONG_PASSWORD):
        node.request("POST", "/v1/auth/login", body={"email": email, "password": WRONG_PASSWORD})
    node.request("POST", "/v1/auth/login", body={"email": "b@example.com", "pasword": WRONG_PASSWORD})
    change = {"password": NEW_PASSWORD, "current_password": PASSWORD}
    assert person.ask("PATCH", f"/admin/v1/users/{person.id}", change, if_match="*").status == 200
    for token in (FORGED_LOGIN, key.token, CONFIGURED):
        node.request("GET", "/admin/v1/keys", token)
    return key


def use(site: Site, key: Made) -> None:
    for token in (key.token, CONFIGURED, site.plant(mint_token().token), site.plant("sk-plant-other-form")):
        for headers in ({}, {"x_mock_fault": "401"}, {"x_mock_fault": "500"}, {"x_agent_id": mint_token().key_id}):
            site.node.chat(token, **headers)
        site.node.request("GET", "/v1/models", token)
        site.node.request("POST", CHAT, token, {"model": "house", "stream": True, "messages": []})


def fail(site: Site, key: Made) -> None:
    """Requests that are malformed, each with a good key."""
    own = {"authorization": f"Bearer {key.token}"}
    for pieces in (
        [head("POST", CHAT, 5, **own), b"{nojs"],
        [head("POST", CHAT, 2, **own), b"{}"],
        [head("POST", "/v1/../x", 2, **own), b"{}"],
        [head("GET", "/nowhere", None, **own)],
        [head("POST", CHAT, 2, **own, content_type=None, transfer_encoding="chunked"), b"{}"],
        [head("POST", CHAT, None, **own, x_api_key=key.token, host=None)],
        [head("GET", "/v1/models", None, **own, x="y" * 100_000)],
        [head("GET", "/v1/models", None, authorization=f"Basic {key.token}")],
        [head("GET", "/v1/models", None, authorization=None, x_api_key=f"{key.token}\x00")],
    ):
        with Raw(site.node.gateway) as raw:
            answer = raw.ask(*pieces, method="GET" if pieces[0].startswith(b"GET") else "POST")
            assert answer.status >= 400
            site.node.answers.append(f"{answer.fields} {answer.body!r}")


def be_away(site: Site, key: Made) -> None:
    """Outages, in which reasons are told: to clients, and in the log."""
    for cut in (site.postgres, site.redis):
        for way in ("refused", "dark"):
            with cut.turned(way):
                for token in (key.token, site.plant(mint_token().token), CONFIGURED):
                    site.node.chat(token)
                site.node.request("GET", "/readyz")
                site.node.request("POST", "/v1/auth/login", body={"email": "b@example.com", "password": NEW_PASSWORD})
    eventually(site.node.is_ready)
    pid = site.node.kill_control()
    site.node.chat(site.plant(mint_token().token))
    eventually(lambda: site.node.has_control(pid))
    eventually(lambda: site.node.request("GET", "/admin/v1/keys", FORGED_LOGIN).status == 401)


def reload_badly(site: Site) -> None:
    """A file with mistakes just where the secrets are."""
    path = site.node.gateway.home / "gossamer.yaml"
    good = path.read_text()
    for bad in (
        good.replace("postgresql://", "postgresq://"),
        good.replace("redis://", "rediss//"),
        good.replace('"api_keys":[', '"api_kyes":['),
        good.replace(f'"token":"{CONFIGURED}"', f'"token":["{CONFIGURED}"]'),
        good.replace(f'"token":"{CONFIGURED}"', f'"tokn":"{CONFIGURED}"'),
    ):
        assert bad != good
        before = errors(site)
        path.write_text(bad)
        site.node.gateway.process.send_signal(signal.SIGHUP)
        eventually(partial(has_more_errors, site, before))
    path.write_text(good)


def errors(site: Site) -> int:
    return site.node.gateway.log.count('"error"')


def has_more_errors(site: Site, than: int) -> bool:
    return errors(site) > than


def run(site: Site, *words: str) -> str:
    """What a command says at the machine."""
    done = subprocess.run(
        [sys.executable, "-m", "gossamer", *words],
        cwd=site.node.gateway.home,
        env=quiet_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def pids(gateway: Gateway) -> list[int]:
    return [gateway.pid, gateway.control, *gateway.workers]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def dump(postgres: Postgres, database: str) -> bytes:
    """Every table, as text."""
    words = [str(postgres._server.bin_path / "pg_dump"), postgres.url_of(database)]
    return subprocess.run(words, check=True, capture_output=True, env=dict(os.environ)).stdout


def appears(secret: str, data: bytes) -> bool:
    """As it is, as a URL has it, and in hex."""
    plain = secret.encode(UTF_8)
    return any(form in data for form in (plain, quote(secret).encode(), plain.hex().encode()))


def assert_driven(everything: dict[str, bytes]) -> None:
    """What is searched has something in it."""
    log = everything["stderr"]
    for word in (b'"debug"', b"state store is away", b"is not asked any more", b"control process is away"):
        assert word in log, word
    assert b"CREATE TABLE" in everything["the database"]
    assert b"argon2" in everything["the database"]
    assert b"login.fail" in everything["the admin API"]
    assert b"invalid_api_key" in everything["answers"]
    assert b"postgresql://postgres:****@" in everything["commands"]
    assert any("journal" in name and b"mock" in data for name, data in everything.items())
    assert any(name.startswith("redis: ") and b"gossamer:{" in data for name, data in everything.items())
