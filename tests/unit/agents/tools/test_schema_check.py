"""Arguments against a schema, and schemas that mean harm."""

import re
from typing import Any

import pytest

from gossamer.agents.tools.arguments import BadArguments, read_arguments
from gossamer.agents.tools.schema_check import SchemaCheck
from gossamer.agents.tools.schemas import checker_of

CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}


def faults(schema: dict[str, Any], arguments: dict[str, Any]) -> str:
    try:
        SchemaCheck(schema).check(arguments)
    except BadArguments as error:
        return str(error)
    return ""


@pytest.mark.parametrize("text", [b"", b"  ", b"{}", b' {"a": 1} '])
def test_an_object_is_read_and_nothing_is_an_empty_one(text: bytes):
    assert isinstance(read_arguments(text), dict)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "no JSON"),
        (b"[]", "a list"),
        (b"3", "a number"),
        (b"null", "null"),
        (b'"x"', "are text"),
        (b"\xff", "no JSON"),
        (b"[" * 9999, "no JSON"),
    ],
)
def test_what_is_no_object_is_said_to_be_what_it_is(text: bytes, why: str):
    with pytest.raises(BadArguments, match=why):
        read_arguments(text)


def test_what_does_not_fit_is_named():
    assert faults(CITY, {"city": "Paris"}) == ""
    told = faults(CITY, {"days": "two"})
    assert "the object: 'city' is a required property" in told
    assert "days: 'two' is not of type 'integer'" in told


def test_only_a_few_faults_are_named_and_none_at_length():
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    told = faults(schema, {f"k{number}": "x" * 1000 for number in range(50)})
    assert told.count("; ") == 4
    assert len(told) < 2000


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/s.json"}}},
        {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}},
        {"type": "no such type"},
        {"type": "object", "properties": 7},
        {"$ref": "#"},
    ],
)
def test_a_schema_that_cannot_be_used_checks_nothing_and_fetches_nothing(
    schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("urllib.request.urlopen", lambda *_: pytest.fail("something was fetched"))
    assert faults(schema, {"a": 1}) == ""


def test_a_pattern_that_could_take_for_ever_is_not_tried(monkeypatch: pytest.MonkeyPatch):
    slow = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    tried: list[object] = []
    real = re.search

    def search(pattern: Any, *rest: Any) -> Any:
        tried.append(pattern)
        return real(pattern, *rest)

    monkeypatch.setattr(re, "search", search)
    assert faults(slow, {"a": "a" * 40 + "b"}) == ""
    assert "^(a+)+$" not in tried


def test_a_quick_pattern_is():
    quick = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^[0-9]{4}$"}}}
    assert "does not match" in faults(quick, {"a": "x"})


def test_a_member_that_is_called_pattern_is_no_pattern():
    schema = {"type": "object", "properties": {"pattern": {"type": "string"}}, "required": ["pattern"]}
    assert faults(schema, {"pattern": "(a+)+"}) == ""
    assert "required" in faults(schema, {})


def test_without_the_library_nothing_is_checked(monkeypatch: pytest.MonkeyPatch):
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    assert checker_of(CITY) is not None
    monkeypatch.setattr("gossamer.agents.tools.schemas.import_module", missing)
    assert checker_of(CITY) is None
