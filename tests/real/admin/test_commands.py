"""The administering commands, on the store and against a gateway over HTTP: the same words, the same answers."""

import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.cli.main import main
from gossamer.core.record import Content, Record
from gossamer.projections.paths import sessions_path
from gossamer.projections.sessions.writer import SessionFile
from gossamer.projections.traces.trace import Trace
from tests.real.admin.house import TRACE
from tests.real.admin.served import Served, serve

PASSWORD = "a password from stdin"


class Ran(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.status == 0, self.err
        return msgspec.json.decode(self.out)


Gossamer = Callable[..., Ran]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a configuration whose store a gateway serves."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "gossamer.yaml").write_text(f"state: sqlite:///{folder}/state.db\n")
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serve(f"sqlite:///{folder}/state.db", folder) as served:
        yield served


@pytest.fixture
def at_machine(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gossamer:
    for name in [name for name in os.environ if name.startswith("GOSSAMER_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(folder)

    def gossamer(*words: str, stdin: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        status = main(words)
        printed = capsys.readouterr()
        return Ran(status, printed.out, printed.err)

    return gossamer


@pytest.fixture
def over_http(at_machine: Gossamer, served: Served) -> Gossamer:
    def gossamer(*words: str, stdin: str = "") -> Ran:
        return at_machine(*words, "--url", served.url, "--token", served.admin.token, stdin=stdin)

    return gossamer


@pytest.fixture(params=["at_machine", "over_http"])
def gossamer(request: pytest.FixtureRequest, served: Served) -> Gossamer:
    found: Gossamer = request.getfixturevalue(request.param)
    return found


def test_a_user_from_first_to_last(gossamer: Gossamer, request: pytest.FixtureRequest):
    email = f"{re.sub(r'[^a-z]', '', request.node.name)}@example.com"
    made = gossamer("user", "create", email, "--usd-per-day", "5", "--json", stdin=f"{PASSWORD}\n").json
    assert (made["email"], made["role"], made["limits"]["usd_per_day"]) == (email, "member", "5.00")
    assert gossamer("user", "show", email.upper(), "--json").json == made
    changed = gossamer(
        "user", "change", email, "--role", "admin", "--usd-per-day", "none", "--concurrent", "3", "--json"
    )
    assert (changed.json["role"], changed.json["limits"]["usd_per_day"]) == ("admin", None)
    assert changed.json["limits"]["concurrent"] == 3
    assert gossamer("user", "password", email, stdin="another good password\n").status == 0
    removed = gossamer("user", "remove", made["id"])
    assert "state    off" in removed.out
    assert "its log-ins have ended" in removed.err
    assert gossamer("user", "change", email, "--active", "--json").json["is_active"] is True
    listed = gossamer("user", "list", "--search", email)
    assert listed.out.splitlines()[1].split() == [made["id"], email[:26], "admin", "active"] or "…" in listed.out


def test_a_key_from_first_to_last(gossamer: Gossamer):
    made = gossamer(
        "key",
        "create",
        "nightly",
        "--user",
        "ada@example.com",
        "--model",
        "m1",
        "--model",
        "m2",
        "--expires",
        "90d",
        "--json",
    )
    key = made.json
    assert (key["models"], key["scopes"]) == (["m1", "m2"], ["inference"])
    assert key["token"].startswith("gsm_")
    assert "shown only this once" in made.err
    shown = gossamer("key", "show", key["id"])
    assert "models   m1, m2\n" in shown.out
    assert key["token"] not in shown.out
    changed = gossamer(
        "key", "change", key["id"], "--model", "none", "--expires", "none", "--name", "nightly 2", "--json"
    )
    assert (changed.json["models"], changed.json["expires_at"], changed.json["name"]) == (None, None, "nightly 2")
    assert gossamer("key", "revoke", key["id"], "--json").json["revoked_at"] is not None
    assert key["id"] in gossamer("key", "list", "--state", "revoked").out
    assert key["id"] not in gossamer("key", "list", "--state", "valid").out


def test_a_directive_from_first_to_last(gossamer: Gossamer, request: pytest.FixtureRequest):
    name = re.sub(r"[^a-z_]", "", request.node.name)
    made = gossamer("directive", "create", name, "--note", "first", "--json", stdin="Be brief.\n").json
    assert (made["name"], made["active"], made["latest"]) == (name, 1, 1)
    gossamer("directive", "save", name, stdin="---\nvariables: {tone: {default: kind}}\n---\nBe {tone}.\n")
    assert gossamer("directive", "show", name, "2").out == "Be {tone}.\n"
    assert "+Be {tone}." in gossamer("directive", "diff", name, "1", "2").out
    back = gossamer("directive", "rollback", name)
    assert "in force  version 1\n" in back.out
    assert "nothing" not in gossamer("directive", "activate", name, "2").err
    shown = gossamer("directive", "show", made["id"]).out
    assert re.search(r"^\*  2 .*", shown, re.MULTILINE)
    assert gossamer("directive", "list", "--search", name).out.splitlines()[1].split()[-2:] == ["2", "2"]
    agent = gossamer("agent", "create", "told", "--directive", made["id"], "--metadata", "tone=warm", "--json").json
    assert (agent["directive_id"], agent["metadata"]) == (made["id"], {"tone": "warm"})
    assert gossamer("directive", "remove", name).status == 1
    assert gossamer("agent", "change", agent["id"], "--directive", "none", "--json").json["directive_id"] is None
    assert gossamer("directive", "remove", name).status == 0


def test_prompts_in_a_folder_are_pushed_where_they_changed_and_pulled_back(
    gossamer: Gossamer, request: pytest.FixtureRequest, tmp_path: Path
):
    name = re.sub(r"[^a-z]", "", request.node.name)
    file = tmp_path / f"{name}.md"
    file.write_text("---\nnote: a start\nvariables:\n  tone:\n    default: kind\n---\nBe {tone}.\n\nAlways.\n")

    def push(*more: str) -> str:
        return str(gossamer("directive", "push", str(tmp_path), *more).out.strip())

    assert push("--dry-run") == push() == f"{name}: new, version 1"
    assert push() == f"{name}: unchanged"
    first = file.read_text()
    file.write_text(first.replace("Always", "Ever"))
    assert push() == f"{name}: changed, version 2"
    gossamer("directive", "rollback", name)
    assert push() == f"{name}: unchanged; version 1 is in force, not 2"
    pulled = tmp_path / "pulled"
    assert f"{name}: version 1 written to {pulled / file.name}" in gossamer("directive", "pull", str(pulled)).out
    assert (pulled / file.name).read_text().endswith("---\nBe {tone}.\n\nAlways.\n")
    assert f"{name}: unchanged" in gossamer("directive", "pull", str(pulled)).out
    file.write_text("---\nvariables: 7\n---\nx\n")
    wrong = gossamer("directive", "push", str(tmp_path))
    assert wrong.status == 1
    assert f"{file}: its front matter cannot be read" in wrong.err
    assert gossamer("directive", "push", str(tmp_path / "nowhere")).status == 1


def test_an_agent_from_first_to_last(gossamer: Gossamer):
    agent = gossamer("agent", "create", "planner", "--user", "ada@example.com", "--default-model", "m1", "--json").json
    bound = gossamer("key", "create", "bound", "--user", "ada@example.com", "--agent", agent["id"], "--json").json
    assert bound["agents"] == [agent["id"]]
    assert [each["id"] for each in gossamer("key", "list", "--agent", agent["id"], "--json").json["data"]] == [
        bound["id"]
    ]
    assert gossamer("key", "change", bound["id"], "--agent", "none", "--json").json["agents"] == []
    assert "state          off" in gossamer("agent", "change", agent["id"], "--inactive").out
    assert agent["id"] in gossamer("agent", "list").out
    assert "default model  m1" in gossamer("agent", "show", agent["id"]).out
    assert gossamer("agent", "remove", agent["id"]).status == 0
    gone = gossamer("agent", "show", agent["id"])
    assert (gone.status, gone.out) == (1, "")
    assert gone.err.startswith(f"gossamer: There is no agent {agent['id']}")


def test_an_invite(gossamer: Gossamer):
    made = gossamer("invite", "create", "--email", "new@example.com", "--days", "3", "--json").json
    assert made["code"].startswith("gsi_")
    assert made["id"] in gossamer("invite", "list").out
    assert gossamer("invite", "remove", made["id"]).status == 0
    assert made["id"] not in gossamer("invite", "list").out


def test_the_audit(gossamer: Gossamer, request: pytest.FixtureRequest):
    key = gossamer("key", "create", "audited", "--json").json
    (event,) = gossamer("audit", "list", "--subject", key["id"], "--json").json["data"]
    assert event["action"] == "key.create"
    is_at_machine = "at_machine" in request.node.name
    assert event["actor"]["kind"] == ("operator" if is_at_machine else "user")
    listed = gossamer("audit", "list", "--since", "1h", "--action", "key", "--limit", "1")
    assert re.search(rf"\d\d:\d\d  key.create  +\w+ +{key['id']}", listed.out)
    assert "there are more: --after" in listed.err
    assert gossamer("audit", "list", "--until", "1h", "--json").json["data"] == []


@pytest.mark.parametrize("noun", ["user", "key", "agent", "invite", "audit"])
def test_both_ways_print_the_same(at_machine: Gossamer, over_http: Gossamer, noun: str):
    for more in ((), ("--json",)):
        here, there = at_machine(noun, "list", *more), over_http(noun, "list", *more)
        assert here == there
        assert here.status == 0
        assert max(map(len, here.out.splitlines())) <= 80 or more


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("key", "create", "x" * 101), "name: "),
        (("key", "show", "nothing"), "There is no key nothing "),
        (("user", "show", "nobody@example.com"), "there is no user nobody@example.com "),
        (("key", "change", "nothing"), "nothing was said to change"),
        (("user", "create", "x@example.com"), "there is no password"),
        (("user", "list", "--limit", "0"), "limit: "),
    ],
)
def test_what_is_refused_says_why_and_ends_with_1(gossamer: Gossamer, words: tuple[str, ...], said: str):
    ran = gossamer(*words)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"gossamer: {said}"), ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("key", "create", "x", "--expires", "soon"), "'soon' is no time"),
        (("key", "create", "x", "--concurrent", "-1"), "'-1' is no whole number"),
        (("key", "create", "x", "--usd-per-day", "cheap"), "'cheap' is no amount"),
        (("key", "list", "--url", "http://127.0.0.1:1"), "--token: is missing"),
        (("key", "list", "--url", "http://127.0.0.1:1", "--config", "gossamer.yaml"), "give one of the two"),
        (("key", "list", "--token", "gsm_x"), "says nothing without a gateway"),
        (("key", "list", "--config", "nothing.yaml"), "cannot be read"),
    ],
)
def test_wrong_words_end_with_2(at_machine: Gossamer, words: tuple[str, ...], said: str):
    ran = at_machine(*words)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "could not be asked: Connection refused"),
        ("ftp://x", "is no URL of a gateway"),
        ("http://[::1", "is no URL of a gateway"),
    ],
)
def test_a_gateway_that_is_not_there(at_machine: Gossamer, url: str, said: str):
    ran = at_machine("key", "list", "--url", url, "--token", "gsm_x")
    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err
    assert "gsm_x" not in ran.err


def test_a_token_that_cannot_be_sent_is_not_repeated(at_machine: Gossamer, served: Served):
    ran = at_machine("key", "list", "--url", served.url, "--token", "gsm_\nsecret")
    assert ran.status == 1
    assert "secret" not in ran.err


def test_a_server_that_is_no_gateway_is_said_to_be_none(at_machine: Gossamer, served: Served):
    ran = at_machine("key", "list", "--url", f"{served.url}/docs?", "--token", "gsm_x")
    assert ran.status == 1
    assert "is the URL right?" in ran.err


def test_the_environment_names_a_gateway(at_machine: Gossamer, served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOSSAMER_URL", f"{served.url}/v1/")
    monkeypatch.setenv("GOSSAMER_TOKEN", served.admin.token)
    here = at_machine("key", "create", "by environment", "--json").json
    assert here["user_id"] == served.admin.id, "over HTTP it is the caller's"
    assert at_machine("key", "create", "x", "--config", "gossamer.yaml", "--json").json["user_id"] is None


def test_a_store_is_made_where_there_is_none_and_left_alone_where_it_is_older(
    at_machine: Gossamer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "new.yaml"
    file.write_text(f"state: sqlite:///{tmp_path}/new.db\n")
    assert at_machine("user", "list", "--config", str(file)).status == 0
    assert at_machine("migrate", "--config", str(file)).out.startswith("the tables are up to date, at ")
    (tmp_path / "new.db").unlink()
    for name in ("new.db-wal", "new.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    migrated = at_machine("migrate", "--config", str(file))
    assert migrated.out.endswith("now; before: none\n")


def test_a_store_that_cannot_be_opened(at_machine: Gossamer, tmp_path: Path):
    file = tmp_path / "broken.yaml"
    (tmp_path / "state.db").write_bytes(b"no database" * 100)
    file.write_text(f"state: sqlite:///{tmp_path}/state.db\n")
    for words in (("user", "list"), ("migrate",)):
        ran = at_machine(*words, "--config", str(file))
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith("gossamer: the state store cannot be asked: ")


def test_a_password_typed_twice_must_be_the_same(at_machine: Gossamer, served: Served, monkeypatch: pytest.MonkeyPatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    typed = iter(["one password here", "another one here"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    monkeypatch.setattr("gossamer.cli.admin.password.sys.stdin", Terminal())
    from gossamer.cli.admin.door import Refused
    from gossamer.cli.admin.password import read_password

    with pytest.raises(Refused, match="not the same"):
        read_password("Password")


def test_a_session_is_shown_as_a_conversation_and_exported(at_machine: Gossamer, folder: Path, served: Served):
    asked = {"messages": [{"role": "user", "content": "Where\x1b[31m is it?\nTell me."}]}
    said = Content("a" * 64, "b" * 64, msgspec.json.encode(asked).decode(), "Here.")
    fields = {**TRACE, "id": "req_told", "session": "told", "finish": "end"}
    record = Record(**fields, content=said)
    data_dir = folder / ".gossamer"
    data_dir.mkdir(exist_ok=True)
    file = SessionFile(sessions_path(data_dir), lambda _: None, lambda: 1000, keeps_content=True)
    file.store(
        [Trace(record, b"", ()), Trace(replace(record, id="req_2", at=record.at + 1, content=None), b"", ())], {}, ()
    )
    file.close()
    shown = at_machine("session", "show", "told").out
    assert "1. 2027-01-15 08:00:00, openai/small, end" in shown
    assert "   user: Where [31m is it?\n     Tell me.\n   assistant: Here.\n" in shown
    lines = [msgspec.json.decode(line) for line in at_machine("session", "export", "told").out.splitlines()]
    assert [(line["turn"], line["session"], line["finish"]) for line in lines] == [
        (1, "told", "end"),
        (2, "told", "end"),
    ]
    assert lines[0]["content"]["answer"] == "Here."
    assert at_machine("session", "delete", "told").status == 0
    assert "told" not in at_machine("session", "list").out
