import time

import pytest

from gossamer.policy.redaction import RULES, Redactor

REDACTOR = Redactor({})
PEM = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA\\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"

FOUND = {
    "gossamer-key": "gsm_abcdefghijklmnop_" + "a" * 32,
    "api-key": "sk-proj-" + "aB3_" * 10,
    "aws-key": "AKIAIOSFODNN7EXAMPLE",
    "github-token": "ghp_" + "a1B2" * 9,
    "slack-token": "xoxb-1234567890-abcdefghij",
    "google-key": "AIza" + "a1B2c" * 7,
    "jwt": JWT,
    "private-key": PEM,
    "email": "some.body+tag@mail.example.co.uk",
    "bearer": "Bearer abcdefghijklmnopqrstuvwxyz012345",
}


@pytest.mark.parametrize(("name", "secret"), FOUND.items())
def test_each_shape_is_replaced_by_its_name(name: str, secret: str):
    said = f'{{"content":"before {secret}, after"}}'
    assert REDACTOR.redact(said) == f'{{"content":"before [{name}], after"}}'


def test_every_rule_has_its_example():
    assert RULES.keys() - FOUND.keys() == {"aws-secret"}
    said = "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY."
    assert REDACTOR.redact(said) == "aws_secret[aws-secret]."


@pytest.mark.parametrize("card", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"])
def test_numbers_of_cards_are_known_by_their_check_digit(card: str):
    assert REDACTOR.redact(f"pay with {card}.") == "pay with [card]."


@pytest.mark.parametrize(
    "plain",
    ["4111111111111112", "1741569952000123", "v1.2.3@latest", "sk-short", "a task-list-of-many-things-to-do", "eyJ."],
)
def test_what_only_looks_like_it_stays(plain: str):
    assert REDACTOR.redact(plain) == plain


def test_an_escape_hides_nothing():
    assert REDACTOR.redact('"\\u0073k-abcdefghijklmnopqrst \\u0022 \\u005c"') == '"[api-key] \\u0022 \\u005c"'


def test_what_a_cut_left_of_a_secret_goes_with_the_word_that_it_is_in():
    assert REDACTOR.redact("the key is sk-abc", is_cut=True) == "the key is [cut]"
    assert REDACTOR.redact(f"{PEM[:40]} MIIE", is_cut=True) == "[cut]"


def test_nobody_can_write_a_text_that_takes_long():
    """As long as content may be by default. Without bounds any of these would take minutes."""
    size = 64 * 1024
    for piece in (
        "a",
        "a.",
        "a@",
        "1 ",
        "1-",
        "eyJa",
        "eyJaaaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        "bearer ",
        "\\u0061",
    ):
        began = time.thread_time()
        REDACTOR.redact((piece * size)[:size], is_cut=True)
        assert time.thread_time() - began < 2, piece
