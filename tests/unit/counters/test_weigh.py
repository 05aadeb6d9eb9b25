"""What has to have room in a budget before it is let in, by its method and its path."""

import pytest

from gossamer.core.allowance import UNLIMITED
from gossamer.core.errors import PriceUnknown
from gossamer.counters.rules import Rules
from gossamer.counters.weigh import weight_of
from tests.unit.counters.asking import A_CENT_EACH, CENT, chat, claims, exchange

KEY = claims("k", UNLIMITED)


@pytest.mark.parametrize(
    ("method", "path", "nanos"),
    [
        ("POST", "/v1/chat/completions", CENT),
        ("GET", "/v1/chat/completions", CENT),  # a server that takes it for a POST generates
        ("POST", "/v1/images/generations", CENT),
        ("GET", "/v1/files", 0),
        ("DELETE", "/v1/responses/id", 0),
    ],
)
def test_what_is_reserved(method: str, path: str, nanos: int):
    made = exchange(KEY, price=A_CENT_EACH, body=chat(), method=method, path=path)
    assert weight_of(made, Rules(), has_budget=True)[1] == nanos


def test_only_what_looks_or_tidies_up_needs_no_price():
    assert weight_of(exchange(KEY, method="GET", path="/v1/files"), Rules(), has_budget=True)[1] == 0
    with pytest.raises(PriceUnknown):
        weight_of(exchange(KEY, body=chat(), method="GET"), Rules(), has_budget=True)
