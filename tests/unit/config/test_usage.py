"""Limits and prices in the file: as they are read, counted, shown, and refused."""

import pytest
import yaml

from gossamer.config.problems import ConfigError
from gossamer.config.show import show_settings
from gossamer.core.allowance import UNLIMITED, Limits

FILE = """
counters: redis://ann:very-secret@h:7000/1
counters_down: refuse
limits:
  default: {requests: 600/min, tokens: 1M/min, concurrent: 50, budget: 50 USD/month}
  models:
    fast: {budget: [2.50 USD/day, 20 USD/month]}
    mock/other: {requests: 5/min}
  output_estimate: 300
  unpriced: allow
prices:
  mock/m: {input: 0.15, output: 0.6, cached: 0.075, request: 0.01}
models: {fast: mock/m}
"""


def test_what_is_written_is_what_is_counted(read):
    settings = read(FILE)
    assert settings.counters == "redis://ann:very-secret@h:7000/1"
    limits = settings.limits
    assert limits.default.limits == Limits(600, 1_000_000, 50, None, 50_000_000_000)
    assert limits.models["fast"].limits == Limits(nanos_per_day=2_500_000_000, nanos_per_month=20_000_000_000)
    assert limits.models["mock/other"].limits == Limits(requests_per_min=5)
    assert (limits.output_estimate, limits.unpriced) == (300, "allow")
    price = settings.prices["mock/m"]
    assert (price.input_picos, price.output_picos, price.cached_picos, price.request_nanos) == (
        150_000,
        600_000,
        75_000,
        10_000_000,
    )


def test_without_a_word_nothing_is_limited(read):
    settings = read("")
    assert (settings.counters, settings.counters_down, settings.prices) == ("memory", "local", {})
    assert settings.limits.default.limits == UNLIMITED
    assert settings.limits.unpriced == "refuse"


def test_what_is_shown_gives_the_same_limits_and_no_password(read):
    settings = read(FILE)
    text = show_settings(settings)
    assert "very-secret" not in text
    assert "very-secret" not in repr(settings)
    shown = yaml.safe_load(text)
    assert shown["counters"] == "redis://****@h:7000/1"
    assert shown["limits"]["default"]["budget"] == "50 USD/month"
    assert shown["limits"]["models"]["fast"]["budget"] == ["2.5 USD/day", "20 USD/month"]
    again = read(text)
    assert (again.limits, again.prices) == (settings.limits, settings.prices)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("limits: {default: {requests: 600}}", "YAML takes this for a number, and text is needed"),
        ("limits: {default: {requests: 0/min}}", "0/min is too small; write a rate of at least 1"),
        ("limits: {default: {tokens: 5/s}}", "'5/s' is no rate; write a rate of at least 1, such as 600/min"),
        ("limits: {default: {budget: 5 EUR/day}}", "limits.default.budget: '5 EUR/day' is no budget; write a budget"),
        ("limits: {default: {budget: [5 USD]}}", "limits.default.budget[0]: '5 USD' is no budget"),
        (
            "limits: {default: {budget: [1 USD/day, 2 USD/day]}}",
            "two budgets of one period; keep one a day and one a month",
        ),
        (
            "limits: {models: {nobody: {requests: 1/min}}}",
            "there is no model nobody; models: none; or write provider/model",
        ),
        ("limits: {models: {x/y: {requests: 1/min}}}", "there is no model x/y"),
        (
            "models: {a: mock/m, b: mock/m}\nlimits: {models: {a: {requests: 1/min}, b: {requests: 2/min}}}",
            "limits.models.b: mock/m has its limits already, see limits.models.a at ",
        ),
        ("prices: {opnai/x: {input: 1}}", "there is no provider opnai; providers: mock"),
        ("prices: {mock/m: {input: 0.0000001}}", "is no amount, or finer than 0.000001"),
        ("prices: {mock/m: {input: -1}}", "is no amount"),
        ("counters: rdis://h", "the scheme rdis is not known; write redis://"),
        ("counters: redis://:very-secret@h:port", "the port is no number"),
        ("counters_down: wait", "'wait' is not one of the words"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(read, text, complaint):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert complaint in str(caught.value)
    assert "very-secret" not in str(caught.value)
