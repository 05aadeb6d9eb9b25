"""The entries of an allow-list, and names for models."""

import re

import pytest

from gossamer.agents.seam import TOOL_NAME
from gossamer.agents.tools.allowed import Entry, name_for_model, parse_entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("files.read", Entry("tool", "files", "read")),
        ("files.read.all", Entry("tool", "files", "read.all")),
        ("files.*", Entry("tool", "files", "*")),
        ("shout", Entry("tool", "shout")),
        ("agent:helper", Entry("agent", "helper")),
        ("agent:v1.2", Entry("agent", "v1.2")),
    ],
)
def test_each_kind_of_entry(text: str, entry: Entry):
    assert parse_entry(text) == entry


@pytest.mark.parametrize(("text", "is_allowed"), [("f.read", True), ("f.*", True), ("f", True), ("f.write", False)])
def test_what_an_entry_allows(text: str, is_allowed: bool):
    assert parse_entry(text).allows("read") is is_allowed


def test_a_star_is_the_whole_name_and_no_pattern():
    assert not parse_entry("f.re*").allows("read")


def test_names_are_valid_and_differ():
    taken: dict[str, str] = {}
    for source, tool in [
        ("a", "b"),
        ("a", "b c"),
        ("a", "b.c"),
        ("a", "b/c"),
        ("a__b", "c"),
        ("a", "b__c"),
        ("a", "x" * 90),
    ]:
        name = name_for_model(source, tool, taken)
        assert re.fullmatch(TOOL_NAME, name), name
        assert name not in taken
        taken[name] = tool
    assert next(iter(taken)) == "a__b"


def test_a_name_is_the_same_each_time():
    assert name_for_model("a", "x" * 90, {}) == name_for_model("a", "x" * 90, {})
    assert name_for_model("shout", None, {}) == "shout"
