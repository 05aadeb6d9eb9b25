"""Sums, and what is none."""

import pytest

from gossamer.agents.demo.calculator import BadSum, calculate


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * -4", -20),
        ("7 // 2", 3),
        ("7 % 4", 3),
        ("1 / 4", 0.25),
        ("2 ** 10", 1024),
        (" 1 ", 1),
    ],
)
def test_sums(expression: str, result: float):
    assert calculate(expression) == result


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("__import__('os')", "no sum"),
        ("a + 1", "no sum"),
        ("(1).real", "no sum"),
        ("True", "no sum"),
        ("'a' * 9", "no sum"),
        ("[1]", "no sum"),
        ("1 if 1 else 2", "no sum"),
        ("1j", "no sum"),
        ("", "no sum"),
        ("1 +", "no sum"),
        ("\0", "no sum"),
        ("9 ** 9 ** 9", "too large"),
        ("2 ** 99999", "too large"),
        ("9.0 ** 9999", "too large"),
        ("(-8) ** 0.5", "no real"),
        ("2 ** -99999", "too large"),
        ("0 ** -1", "by zero"),
        ("1 % 0", "by zero"),
        ("1" * 201, "characters"),
        ("(" * 99 + "1" + ")" * 99, ""),
        ("1 << 9", "no sum"),
    ],
)
def test_what_is_none_is_refused_and_never_run(expression: str, why: str):
    if why:
        with pytest.raises(BadSum, match=why):
            calculate(expression)
    else:
        assert calculate(expression) == 1
