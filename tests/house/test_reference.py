"""docs/reference is true: each of its tables says what the code says, and each command that a page shows exists."""

import ast
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import fields

import gossamer.core.errors
from gossamer.agents.patterns.held import PatternFailed
from gossamer.agents.runner import AnswerUnfit, LimitStopped
from gossamer.config import tool_rules
from gossamer.config.environment import names_in
from gossamer.config.load import load_settings
from gossamer.config.tools import TOOL_GROUP
from gossamer.core.errors import CallerError, GatewayError, ProviderError
from gossamer.core.record import Attempt, Outcome, Record, Usage
from gossamer.journal.marks import FOOTER_MARK, FORMAT, Header, parse_name, render_mark
from gossamer.mock.agent import AGENT_MODELS
from gossamer.mock.answers import Answers
from gossamer.mock.faults import ALIASES, FAULTS, MODEL_PREFIX, OUTAGE, OUTAGE_SAYS
from gossamer.mock.incoming import Incoming
from gossamer.mock.orders import NO_ORDERS, Orders, read_orders
from gossamer.mock.plan import Settings
from gossamer.mock.render.models import PLAIN_MODEL
from gossamer.mock.render.raw import RAW_MODEL
from gossamer.policy import headers
from tests.house.config_page import PAGE as CONFIG_PAGE
from tests.house.config_page import write_page
from tests.house.pages import SOURCE, Table, blocks, code, codes, page, pages, sources, table, tables

HEADERS, ERRORS, MOCK, JOURNAL = (f"docs/reference/{name}.md" for name in ("headers", "errors", "mock", "journal"))
NEVER_RAISED_THEMSELVES = {GatewayError, CallerError, ProviderError}


def under(path: str, heading: str) -> list[Table]:
    """The tables of one chapter."""
    _, _, rest = page(path).partition(f"\n## {heading}\n")
    return tables(rest.partition("\n## ")[0])


def names(cells: list[str]) -> set[str]:
    return {code(cell) for cell in cells}


# --- errors.md ---


def errors() -> set[type[GatewayError]]:
    """Every way to refuse that somebody uses."""
    found = [value for value in vars(gossamer.core.errors).values() if isinstance(value, type)]
    return {each for each in found if issubclass(each, GatewayError)} - NEVER_RAISED_THEMSELVES


def test_each_error_is_listed_with_its_status_code_and_type():
    (told, *_) = under(ERRORS, "What the gateway answers")
    rows = {(code(row[0]), int(row[1]), code(row[2]), code(row[3])) for row in told.rows}
    assert rows == {(each.__name__, each.status, each.code, each.kind) for each in errors()}


def test_each_error_of_a_run_is_listed():
    (told,) = under(ERRORS, "What agents answer")
    rows = {(code(row[0]), int(row[1]), code(row[2]), code(row[3])) for row in told.rows}
    own = (LimitStopped, AnswerUnfit, PatternFailed)
    assert rows == {(each.__name__, each.status, each.code, each.kind) for each in own}


def test_no_error_is_listed_that_nobody_raises():
    elsewhere = " ".join(path.read_text(encoding="utf-8") for path in sources() if path.name != "errors.py")
    assert [each.__name__ for each in errors() if each.__name__ not in elsewhere] == []


def statuses_of_the_wire() -> set[int]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.glob("http/*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    refusals = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "RequestRefused"]
    return {ast.literal_eval(call.args[0]) for call in refusals}


def test_each_status_that_the_wire_refuses_with_is_listed():
    """Those that are found in a body are the pipeline's to say: they stand in the other table."""
    (told,) = under(ERRORS, "What the wire refuses")
    listed = {int(status) for status in told.column("status")}
    of_bodies = {error.status for error in errors() if error.__name__ in ("SlowBody", "BodyTooLarge")}
    assert listed | of_bodies == statuses_of_the_wire()


# --- headers.md ---


@pytest.mark.parametrize(
    ("heading", "kept", "beginnings"),
    [
        ("Kept back in both directions", headers._HOP_BY_HOP, set()),
        ("Kept back from the provider", headers._KEPT_FROM_PROVIDER, {"x-forwarded-*", "x-gossamer-*"}),
        ("Kept back between two dialects", frozenset(), {f"{name.decode()}*" for name in headers._OF_A_DIALECT}),
        ("Kept back from the client", headers._KEPT_FROM_CLIENT, {"x-gossamer-*"}),
    ],
)
def test_what_is_kept_back_is_listed(heading: str, kept: frozenset[bytes], beginnings: set[str]):
    (told,) = under(HEADERS, heading)
    listed = {name.lower() for name in names(told.column("header"))}
    assert listed == {name.decode() for name in kept} | beginnings


@pytest.mark.parametrize("heading", ["Read from a request", "Added to every answer below /v1/"])
def test_what_is_read_and_added_stands_in_the_code(heading: str):
    (told,) = under(HEADERS, heading)
    known = " ".join(path.read_text(encoding="utf-8") for path in sources()).lower()
    assert [name for name in names(told.column("header")) if name.lower() not in known] == []


def test_a_header_that_is_renamed_is_listed_under_its_new_name():
    (told,) = under(HEADERS, "Added to every answer below /v1/")
    listed = {name.lower().encode() for name in names(told.column("header"))}
    assert set(headers._RENAMED.values()) <= listed


# --- mock.md ---


def test_the_faults_are_the_mocks_own():
    told = table(MOCK, "fault")
    rows = {code(name): says for name, says in told.rows}
    assert rows == {**{name: fault.says for name, fault in FAULTS.items()}, OUTAGE: OUTAGE_SAYS}


def test_each_header_that_is_listed_is_one_that_the_mock_reads_and_there_is_no_other():
    listed = [name.lower().encode() for name in names(table(MOCK, "header").column("header"))]
    values = {b"x-mock-jitter": b"uniform:0.5", b"x-mock-fault": b"hang", b"x-mock-calls": b"2"}
    orders = [read_orders([(name, values.get(name, b"1"))]) for name in listed]
    assert NO_ORDERS not in orders
    assert len(set(listed)) == len(fields(Orders))


def test_the_models_are_those_that_mean_something():
    *listed_cells, any_other = table(MOCK, "model").column("model")
    assert any_other == "any other name"
    listed = names(listed_cells)
    assert listed == {
        PLAIN_MODEL,
        RAW_MODEL,
        *AGENT_MODELS,
        f"{MODEL_PREFIX}FAULT",
        *(MODEL_PREFIX + name for name in ALIASES),
    }


@pytest.mark.parametrize("cell", table(MOCK, "path").column("path"))
def test_each_path_that_is_listed_is_answered(cell: str):
    answers = Answers(Settings())
    for shown in codes(cell):
        method, _, path = shown.rpartition(" ")
        target = path.replace("{id}", "x").encode()
        body = b'{"model":"m","messages":[{"role":"user"}],"prompt":"","input":"","max_tokens":1}'
        visit = answers.answer(Incoming(method.encode() or b"GET", target, [], body), 0.0)
        assert visit.script.status == 200, shown


# --- journal.md ---


def test_the_members_of_a_record_are_listed_and_which_are_always_there():
    told = table(JOURNAL, "member")
    rows = [(code(row[0]), row[1] == "yes") for row in told.rows]
    assert rows == [(field.name, field.required) for field in fields(Record)]


@pytest.mark.parametrize("struct", [Attempt, Usage])
def test_the_members_of_what_a_record_holds_are_named(struct: type[Attempt | Usage]):
    named = set(codes(page(JOURNAL)))
    assert {field.name for field in fields(struct)} <= named


def test_every_outcome_is_listed():
    assert names(table(JOURNAL, "outcome").column("outcome")) == set(get_args(Outcome))


def test_the_name_and_the_lines_of_a_file_are_as_shown():
    (shown,) = [word for word in codes(page(JOURNAL)) if word.endswith(".ndjson") and word.startswith("w")]
    assert str(parse_name(shown)) == shown
    first, last, _ = table(JOURNAL, "line").column("begins with")
    assert render_mark(Header(FORMAT, 0, 1, 0.0, "")).startswith(code(first).encode())
    assert code(last).encode() == FOOTER_MARK


# --- config.md, and what is configured elsewhere ---


def test_the_page_of_the_configuration_is_what_the_schema_says():
    assert page(CONFIG_PAGE) == write_page(), "write it anew: python -m tests.house.config_page"


EXAMPLES = [(path, text) for path in pages() for text in blocks(path.read_text(encoding="utf-8"), "yaml")]


@pytest.mark.parametrize("text", [text for _, text in EXAMPLES], ids=[path.name for path, _ in EXAMPLES])
def test_each_configuration_that_is_shown_is_valid(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shown_as_code = EntryPoint("shout", "my_package.tools:shout", TOOL_GROUP)
    monkeypatch.setattr(tool_rules, "entry_points", lambda group: [shown_as_code] if group == TOOL_GROUP else [])
    file = tmp_path / "gossamer.yaml"
    file.write_text(text, encoding="utf-8")
    shown = load_settings(file, {name: f"{name}-of-a-test" for name in names_in(text)})
    assert shown != load_settings(None, {}), "it says nothing"
