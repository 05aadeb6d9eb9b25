import pytest

from gossamer.config.environment import BadReference, expand, names_in

ENVIRON = {"KEY": "sk-1", "EMPTY": "", "SLY": "${KEY}"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${KEY}", "sk-1"),
        ("Bearer ${KEY}!", "Bearer sk-1!"),
        ("${KEY}${KEY}", "sk-1sk-1"),
        ("${NONE:-x}", "x"),
        ("${KEY:-x}", "sk-1"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY}", ""),
        ("${NONE:-}", ""),
        ("${NONE:-a:-b}", "a:-b"),
        ("${SLY}", "${KEY}"),
        ("$KEY $ {KEY}", "$KEY $ {KEY}"),
        ("$${KEY}", "${KEY}"),
    ],
)
def test_references(text, expanded):
    assert expand(text, ENVIRON) == expanded


@pytest.mark.parametrize(
    ("text", "wrong", "allowed"),
    [
        ("${NONE}", "${NONE} is not set in the environment", "set NONE, or give a default: ${NONE:-...}"),
        ("${A}${B}${A}", "${A} and ${B} are not set in the environment", "set A, or give a default: ${A:-...}"),
        (
            "${KEY",
            "${KEY has no closing brace",
            "write ${NAME} or ${NAME:-default}, and $${ for a brace that means nothing",
        ),
        ("${}", "${} names no variable", "write ${NAME} or ${NAME:-default}, and $${ for a brace that means nothing"),
        (
            "${A-b}",
            "${A-b} names no variable",
            "write ${NAME} or ${NAME:-default}, and $${ for a brace that means nothing",
        ),
    ],
)
def test_references_that_cannot_be_followed(text, wrong, allowed):
    with pytest.raises(BadReference) as caught:
        expand(text, ENVIRON)
    assert (caught.value.wrong, caught.value.allowed) == (wrong, allowed)


def test_the_names_that_a_text_refers_to():
    assert names_in("${A} ${B:-x} $${C} ${} $D") == {"A", "B"}
