"""The words of a command line, as members of a body."""

import argparse
import re

import pytest

from gossamer.cli.admin.options import add_limit_options, limits_of, listed, moment, past_moment


def test_a_time_from_now_and_one_that_is_past():
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(form, moment("30d"))
    assert past_moment("2h") < moment("1s")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("none", "none"),
        ("2030-01-31", "2030-01-31T00:00:00Z"),
        ("2030-01-31T12:00:00+01:00", "2030-01-31T12:00:00+01:00"),
    ],
)
def test_a_time_that_is_written(text: str, read: str):
    assert moment(text) == read


@pytest.mark.parametrize("text", ["soon", "", "30 days", "999999999999d"])
def test_no_time(text: str):
    with pytest.raises(argparse.ArgumentTypeError, match="is no time"):
        moment(text)


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_limit_options(parser)
    parser.add_argument("--model", action="append")
    return parser.parse_args(words)


def test_limits_that_are_said():
    args = parsed("--requests-per-min", "60", "--usd-per-day", "5.00", "--concurrent", "none")
    assert limits_of(args) == {"limits": {"requests_per_min": 60, "usd_per_day": "5.00", "concurrent": None}}
    assert limits_of(parsed()) == {}


def test_a_list_that_is_said():
    assert listed(parsed(), "models", "model") == {}
    assert listed(parsed("--model", "a", "--model", "b"), "models", "model") == {"models": ["a", "b"]}
    assert listed(parsed("--model", "none"), "models", "model") == {"models": None}
    assert listed(parsed("--model", "none"), "agents", "model", nothing=[]) == {"agents": []}
