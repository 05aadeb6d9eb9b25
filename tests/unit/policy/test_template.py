"""The text of a directive: what its brackets mean, what is wrong with it, and what fills it."""

import pytest

from gossamer.core.directives import Slot, Variable
from gossamer.policy.template import BadTemplate, fill_from_agent, needed_of, parse_template, problems_of

AGENTS = Variable()
SPOKEN = Variable("request", "plain")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ()),
        ("Be brief.", ("Be brief.",)),
        ("Be {tone}.", ("Be ", Slot("tone"), ".")),
        ("{a}{b}", (Slot("a"), Slot("b"))),
        ('Answer {{"a": {a}}}', ('Answer {"a": ', Slot("a"), "}")),
        ("{{{{", ("{{",)),
        ("{{a}}", ("{a}",)),
        ("{{{a}}}", ("{", Slot("a"), "}")),
    ],
)
def test_what_brackets_mean(text, pieces):
    assert parse_template(text) == pieces


@pytest.mark.parametrize("text", ["{", "}", "{ tone }", "{Tone}", "{}", "{1}", "a {", "{{}", "{a", "{a-b}"])
def test_a_bracket_that_means_nothing_is_named_with_its_place(text):
    with pytest.raises(BadTemplate, match="line 1, column"):
        parse_template(text)


def test_the_place_is_counted_from_one():
    with pytest.raises(BadTemplate, match="single } stands in line 3, column 2 "):
        parse_template("a\n{b}\n }")


@pytest.mark.parametrize(
    ("text", "variables", "said"),
    [
        ("Be {tone}.", {"tone": AGENTS}, []),
        ("Be {tone}.", {}, ["does not declare"]),
        ("Be brief.", {"tone": AGENTS}, ["does not have"]),
        ("Be {tone}.", {"tone": Variable("request")}, ["give it a default"]),
        ("Be {tone}.", {"tone": SPOKEN}, []),
        ("{a} {b}", {"b": Variable("request"), "c": AGENTS}, ["{a}", "declares c", "b is the request's"]),
        ("{", {"c": AGENTS}, ["single {"]),
    ],
)
def test_what_is_wrong_with_a_version(text, variables, said):
    found = list(problems_of(text, variables))
    assert len(found) == len(said)
    assert all(words in problem for words, problem in zip(said, found, strict=True))


def test_an_agent_needs_what_has_no_default_and_is_not_the_requests():
    assert needed_of({"a": AGENTS, "b": Variable("agent", ""), "c": SPOKEN}) == {"a"}


def test_what_the_agent_knows_is_filled_in_and_the_rest_waits_for_the_request():
    variables = {"name": AGENTS, "tone": SPOKEN, "place": Variable("agent", "here")}
    pieces = parse_template("I am {name}, {tone}, {place}.")
    assert fill_from_agent(pieces, variables, {"name": "{Ada}", "tone": "not mine to say"}) == (
        "I am {Ada}, ", Slot("tone"), ", here.",
    )  # fmt: skip
    assert fill_from_agent(pieces, variables, {"name": "Bob", "place": ""}) == ("I am Bob, ", Slot("tone"), ", .")
