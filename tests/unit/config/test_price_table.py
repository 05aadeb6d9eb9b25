"""The table of prices that comes with the package: that it can be read and is exact, and whose prices it has."""

import tomllib
from datetime import date

import msgspec
import pytest

from gossamer.config.price_table import TABLE, listed_models, price_table, read_table
from gossamer.core.record import Usage
from gossamer.policy.price import Price

VENDORS = {"openai", "anthropic", "gemini", "mistral", "deepseek", "groq"}
HEAD = "version = 1\ndate = 2026-11-21\n"
ACME = HEAD + '[acme]\nsource = "a price list"\ndate = 2026-11-20\nhosts = ["api.acme.test"]\n'


def test_the_table_names_its_vendors_where_it_has_their_prices_from_and_when():
    table = price_table()
    assert set(table.vendors) == VENDORS
    for vendor in table.vendors.values():
        assert vendor.source.startswith("https://")
        assert vendor.hosts
        assert date(2025, 1, 1) <= vendor.date <= table.date


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_each_entry_is_plausible(vendor: str):
    """Slips of a digit or a column: a price in cents, cached input that is dearer, answers beyond the context."""
    for name, listed in listed_models(vendor).items():
        price = listed.price
        assert price is not None
        assert 10_000 <= price.input_picos <= 200_000_000, name
        assert price.output_picos == 0 or price.input_picos <= price.output_picos <= 30 * price.input_picos, name
        assert price.cached_picos is None or price.cached_picos < price.input_picos, name
        writes = [each for each in (price.cache_write_picos, price.cache_write_1h_picos) if each is not None]
        assert writes == sorted(writes), name
        assert all(price.input_picos < each for each in writes), name
        assert (listed.max_output or 0) <= (listed.context or 10**9), name
        assert price.long is None or price.input_picos < price.long.input_picos, name


@pytest.mark.parametrize(
    ("vendor", "model", "usage", "nanos"),
    [
        ("openai", "gpt-4o-mini", Usage(1_000_000, 1_000_000, 400_000), 90_000_000 + 30_000_000 + 600_000_000),
        ("openai", "gpt-4o-audio-preview", Usage(10, 10, audio_input=10, audio_output=10), 400_000 + 800_000),
        ("openai", "o3", Usage(1_000, 1_000, reasoning=900), 2_000_000 + 8_000_000),
        ("anthropic", "claude-haiku-4-5", Usage(40, 1, 10, 0, 10, 10), 10_000 + 1_000 + 12_500 + 20_000 + 5_000),
        ("anthropic", "claude-sonnet-4", Usage(200_001, 0), 200_001 * 6_000),
        ("gemini", "gemini-2.5-pro", Usage(200_000, 1), 200_000 * 1_250 + 10_000),
        ("mistral", "mistral-small-2506", Usage(10, 10), 1_000 + 3_000),
        ("groq", "llama-3.1-8b-instant", Usage(100, 100), 5_000 + 8_000),
    ],
)
def test_what_an_answer_costs_by_it(vendor: str, model: str, usage: Usage, nanos: int):
    price = listed_models(vendor)[model].price
    assert price is not None
    assert price.cost(usage) == nanos


@pytest.mark.parametrize(
    ("kind", "url", "vendor"),
    [
        ("openai", "https://api.openai.com/v1", "openai"),
        ("openai", "http://127.0.0.1:9000/v1", "openai"),
        ("openai-compatible", "https://api.openai.com/v1", "openai"),
        ("openai-compatible", "https://api.groq.com/openai/v1", "groq"),
        ("openai-compatible", "https://API.Mistral.ai:443/v1", "mistral"),
        ("openai-compatible", "https://api.groq.com.evil.test/v1", None),
        ("openai-compatible", "http://127.0.0.1:8000/v1", None),
        ("openai-compatible", "unix:/run/model.sock", None),
        ("anthropic", "https://api.anthropic.com/v1", "anthropic"),
    ],
)
def test_whose_prices_a_provider_has(kind: str, url: str, vendor: str | None):
    assert price_table().vendor_of(kind, url) == vendor


def test_a_price_is_what_is_written():
    table = read_table(ACME + "models.m = { input = 0.1, output = 3, cached = 0.000001, max_output = 7 }")
    listed = table.vendors["acme"].models["m"].listed
    assert (listed.price, listed.context, listed.max_output) == (Price(100_000, 3_000_000, 1), None, 7)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (ACME + "models.m = { input = 1 }", msgspec.ValidationError),
        (ACME + "models.m = { input = 1, output = 1, cahced = 1 }", msgspec.ValidationError),
        (ACME + "models.m = { input = true, output = 1 }", msgspec.ValidationError),
        (ACME, msgspec.ValidationError),
        (HEAD.replace("1", "2", 1), ValueError),
        ("date = ", tomllib.TOMLDecodeError),
    ],
)
def test_a_table_with_a_mistake_is_not_read(text: str, error: type[Exception]):
    with pytest.raises(error):
        read_table(text)


@pytest.mark.parametrize("usd", ["0.0000001", "-1"])
def test_a_price_that_cannot_be_charged_exactly_is_a_mistake(usd: str):
    model = read_table(ACME + f"models.m = {{ input = {usd}, output = 1 }}").vendors["acme"].models["m"]
    with pytest.raises(ValueError, match="no whole pico-dollars"):
        _ = model.listed


def test_each_model_stands_there_once_in_one_line():
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith('"')]
    assert len(lines) == sum(len(vendor.models) for vendor in price_table().vendors.values())
