import pytest

from gossamer.config.leaves import BOOL, LEAVES, LINE, WHOLE, bounded, choice, mask
from gossamer.config.values import Unfit

PORT = bounded(WHOLE, least=0, above=None, most=65535)
TIMEOUT = bounded(LEAVES["duration"], least=None, above=0, most=None)


@pytest.mark.parametrize(
    ("leaf", "text", "tag", "wrong"),
    [
        (PORT, "65536", "int", "65536 is too large"),
        (PORT, "-1", "int", "-1 is too small"),
        (PORT, "8080", "str", "the quotes make text of 8080"),
        (PORT, "abc", "str", "'abc' is text"),
        (PORT, "true", "bool", "'true' is true or false"),
        (PORT, "", "null", "the value is empty"),
        (TIMEOUT, "0s", "str", "0s is too small"),
        (TIMEOUT, "0", "int", "0 is too small"),
        (BOOL, "true", "str", "'true' is text"),
        (LINE, "1234", "int", "YAML takes this for a number, and text is needed: put it in quotes"),
        (LEAVES["secret"], "1234", "int", "YAML takes this for a number, and text is needed: put it in quotes"),
        (choice(("auto", "json")), "3", "int", "'3' is not one of the words"),
    ],
)
def test_a_value_that_does_not_fit(leaf, text, tag, wrong):
    with pytest.raises(Unfit) as caught:
        leaf.read(text, tag, loose=False)
    assert caught.value.wrong == wrong


@pytest.mark.parametrize(
    ("leaf", "text", "tag", "value"),
    [
        (PORT, "0", "int", 0),
        (PORT, "65535", "int", 65535),
        (TIMEOUT, "0.001", "float", 0.001),
        (TIMEOUT, "1ms", "str", 0.001),
    ],
)
def test_a_value_at_the_edge_fits(leaf, text, tag, value):
    assert leaf.read(text, tag, loose=False) == value


def test_a_loose_value_takes_the_type_of_its_field():
    assert PORT.read("8080", "str", loose=True) == 8080
    assert LINE.read("8080", "int", loose=True) == "8080"


def test_a_loose_value_has_bounds_too():
    with pytest.raises(Unfit, match="too large"):
        PORT.read("99999", "str", loose=True)


@pytest.mark.parametrize(
    ("leaf", "allowed"),
    [
        (PORT, "write a whole number from 0 to 65535"),
        (bounded(WHOLE, least=1, above=None, most=None), "write a whole number of at least 1"),
        (TIMEOUT, "write a duration above 0, such as 250ms, 10s or 5m; a plain number is seconds"),
        (
            bounded(LEAVES["duration"], least=0, above=None, most=None),
            "write a duration such as 250ms, 10s or 5m; a plain number is seconds",
        ),
    ],
)
def test_the_advice_names_the_bounds(leaf, allowed):
    assert leaf.allowed == allowed


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("sk-proj-abcdefgh", "****efgh"), ("123456789012", "****9012"), ("12345678901", "****"), ("", "****")],
)
def test_a_mask_shows_four_characters_of_a_long_secret(secret, shown):
    assert mask(secret) == shown
