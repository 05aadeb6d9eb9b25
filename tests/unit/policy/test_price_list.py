"""Which price a model has: its own of the settings, the table's, that of its name without a date, or none."""

import pytest

from gossamer.policy.price import Price
from gossamer.policy.price_list import UNKNOWN, Listed, PriceList, in_dollars

OWN, OTHER, MINI, MAY = Price(1), Price(2), Price(3), Price(4)
LIST = PriceList(
    {"oa/mini": OWN, "local/qwen": OTHER, "oa/new-2026-01-01": OTHER, "oa/free": Price()},
    {
        "oa": {
            "mini": Listed(MINI, 100, 10),
            "big": Listed(MINI, 200, 20),
            "big-2024-05-13": Listed(MAY, 50, 5),
            "new": Listed(MINI, 300, 30),
            "free": Listed(MINI),
        },
        "or": {"meta/llama": Listed(MAY)},
    },
)


@pytest.mark.parametrize(
    ("label", "price"),
    [
        ("oa/mini", OWN),
        ("oa/mini-2024-07-18", OWN),
        ("oa/mini-20240718", OWN),
        ("oa/big", MINI),
        ("oa/big-2024-05-13", MAY),
        ("oa/big-2024-08-06", MINI),
        ("oa/new-2026-01-01", OTHER),
        ("oa/free", Price()),
        ("local/qwen", OTHER),
        ("or/meta/llama", MAY),
        ("oa/big-latest", None),
        ("oa/big-0613", None),
        ("oa/big-2024-08", None),
        ("oa/big-2024-08-06-x", None),
        ("oa/ft:big:acme::1", None),
        ("oa/BIG", None),
        ("oa/-2024-08-06", None),
        ("oa", None),
        ("local/big", None),
        ("mini", None),
        ("", None),
    ],
)
def test_which_price_a_model_has(label: str, price: Price | None):
    assert LIST.get(label) == price
    assert LIST.listed(label).price == price


def test_a_price_of_ones_own_leaves_the_limits_as_they_are_known():
    assert LIST.listed("oa/mini") == Listed(OWN, 100, 10)
    assert LIST.listed("oa/new-2026-01-01") == Listed(OTHER, 300, 30)
    assert LIST.listed("local/qwen") == Listed(OTHER)
    assert LIST.listed("nobody/knows") == UNKNOWN


def test_a_price_in_dollars():
    long = Price(2_500_000, 15_000_000)
    price = Price(1_250_000, 10_000_000, 125_000, 5_000, audio_input_picos=7, long_above=200_000, long=long)
    assert in_dollars(price) == {
        "input": 1.25,
        "output": 10.0,
        "cached": 0.125,
        "audio_input": 0.000007,
        "request": 0.000005,
        "long": {"above": 200_000, "input": 2.5, "output": 15.0},
    }
    assert in_dollars(Price()) == {"input": 0.0, "output": 0.0}
