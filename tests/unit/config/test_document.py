from textwrap import dedent
from typing import Any

import pytest

from gossamer.config.document import Items, Scalar, Table, parse_document, parse_override


def parse(text: str) -> tuple[Any, list[str]]:
    node, problems = parse_document(dedent(text), "f.yaml")
    return node, [str(problem) for problem in problems]


def at(node: Any, *path: Any) -> Any:
    for step in path:
        node = node.values[step] if isinstance(node, Items) else node.entries[step].value
    return node


def test_every_key_and_value_knows_its_line():
    node, problems = parse("""\
        server:
          port: 8080
        keys:
          - name: a
          -
            name: b
    """)
    assert problems == []
    assert node.entries["server"].place.line == 1
    assert at(node, "server", "port").place.line == 2
    assert at(node, "keys", 1, "name").place.line == 6


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("8080", "int"),
        ("'8080'", "str"),
        ("1.5", "float"),
        ("true", "bool"),
        ("off", "bool"),
        ("", "null"),
        ("~", "null"),
        ("2026-01-01", "str"),
        ("word", "str"),
    ],
)
def test_a_value_keeps_its_text_and_what_yaml_takes_it_for(text, tag):
    node, problems = parse(f"a: {text}")
    scalar = at(node, "a")
    assert isinstance(scalar, Scalar)
    assert (scalar.text, scalar.tag, problems) == (text.strip("'"), tag, [])


def test_a_key_given_twice_is_told_both_lines_and_the_first_counts():
    node, problems = parse("""\
        server:
          port: 1
          host: x
          port: 2
    """)
    assert problems == ["f.yaml:4: server.port: given twice, first on line 2; keep one of the two"]
    assert at(node, "server", "port").text == "1"


def test_a_merge_key_brings_in_what_is_not_written():
    node, problems = parse("""\
        a: &base {x: 1, y: 2}
        b:
          <<: *base
          y: 3
    """)
    assert problems == []
    assert {key: at(node, "b", key).text for key in ("x", "y")} == {"x": "1", "y": "3"}
    assert at(node, "b", "x").place.line == 1


def test_of_several_merged_mappings_the_first_wins():
    node, _ = parse("""\
        a: &a {x: 1}
        b: &b {x: 2, y: 2}
        c: {<<: [*a, *b]}
    """)
    assert {key: entry.value.text for key, entry in at(node, "c").entries.items()} == {"x": "1", "y": "2"}


def test_an_alias_is_the_value_of_its_anchor():
    node, problems = parse("a: &list [1, 2]\nb: *list")
    assert [value.text for value in at(node, "b").values] == ["1", "2"]
    assert problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "a: [1",
            (
                "f.yaml:1: this is no YAML: expected ',' or ']', but got '<stream end>'; look at the indentation, "
                "colons, quotes and brackets here and in the line above"
            ),
        ),
        (
            "a: 1\n\tb: 2",
            (
                "f.yaml:2: this is no YAML: found character '\\t' that cannot start any token; "
                "indent with spaces, not with tabs"
            ),
        ),
        (
            "a: *x",
            (
                "f.yaml:1: this is no YAML: found undefined alias 'x'; "
                "quote a value that begins with *, or define the anchor above it"
            ),
        ),
        (
            "a: 1\n---\nb: 2",
            ("f.yaml:2: this is no YAML: but found another document; keep one document: the second begins after ---"),
        ),
        (
            "a: 1\nb: \x01",
            (
                "f.yaml:2: this is no YAML: special characters are not allowed; look at the indentation, "
                "colons, quotes and brackets here and in the line above"
            ),
        ),
        ("a: &x [*x]", "f.yaml:1: a[0]: the alias stands inside its own anchor; write the value out"),
        (
            "a: !!python/name:os.system x",
            "f.yaml:1: a: the tag !!python/name:os.system is not known; leave the tag out",
        ),
        ("a: !foo {}", "f.yaml:1: a: the tag !foo is not known; leave the tag out"),
        ("? [a]\n: b", "f.yaml:1: a list or mapping stands where a key should; a key is one word"),
        (
            "a: {<<: 3}",
            ("f.yaml:1: a: << merges what is no mapping; write <<: *name, with the anchor &name on a mapping"),
        ),
    ],
)
def test_what_is_no_yaml_for_us(text, problem):
    assert parse(text)[1] == [problem]


def test_a_file_of_comments_is_an_empty_mapping():
    node, problems = parse("# nothing yet\n")
    assert isinstance(node, Table)
    assert (dict(node.entries), problems) == ({}, [])


def test_an_override_is_loose_and_has_no_line():
    node = parse_override("[1, 'two']", "GOSSAMER_X")
    assert isinstance(node, Items)
    assert node.values[0] == Scalar("1", "int", node.place, loose=True)
    assert str(node.place) == "GOSSAMER_X"


@pytest.mark.parametrize("text", ["[", "*x", "{a: 1, a: 2}", "!foo 1"])
def test_an_override_that_is_no_yaml(text):
    assert parse_override(text, "GOSSAMER_X") is None


def test_an_empty_override_is_empty():
    node = parse_override("", "GOSSAMER_X")
    assert isinstance(node, Scalar)
    assert node.tag == "null"
