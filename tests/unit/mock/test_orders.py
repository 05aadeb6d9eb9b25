"""What a request's headers order."""

import pytest

from gossamer.mock.asked import BadRequest
from gossamer.mock.faults import Fault
from gossamer.mock.jitter import Jitter
from gossamer.mock.orders import NO_ORDERS, Orders, read_orders, read_text_orders


@pytest.mark.parametrize(
    ("headers", "orders"),
    [
        ([], NO_ORDERS),
        ([(b"host", b"x"), (b"x-request-id", b"r-1")], Orders(b"r-1")),
        ([(b"x-mock-ttft-ms", b"50")], Orders(ttft_ms=50.0)),
        ([(b"x-mock-gap-ms", b"1.5"), (b"x-request-id", b"r")], Orders(b"r", gap_ms=1.5)),
        ([(b"x-mock-tokens", b"20")], Orders(tokens=20)),
        ([(b"x-mock-tokens", b"0")], Orders(tokens=1)),
        ([(b"x-mock-jitter", b"lognormal:0.5")], Orders(jitter=Jitter("lognormal", 0.5))),
        ([(b"x-mock-fault", b"cut:4")], Orders(fault=Fault("cut", 4.0))),
        ([(b"x-mock-stamp", b"1")], Orders(is_stamped=True)),
        ([(b"x-mock-stamp", b"0")], Orders()),
        ([(b"x-mock-echo", b"1")], Orders(is_echo=True)),
        ([(b"x-mock-unheard-of", b"1")], Orders()),
    ],
)
def test_rows(headers, orders):
    assert read_orders(headers) == orders


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-mock-ttft-ms", b"-1"),
        (b"x-mock-ttft-ms", b"nan"),
        (b"x-mock-gap-ms", b"soon"),
        (b"x-mock-gap-ms", b"1e9"),
        (b"x-mock-tokens", b"1000000"),
        (b"x-mock-fault", b"flood"),
        (b"x-mock-jitter", b"much"),
    ],
)
def test_nonsense_is_refused_by_name(name, value):
    with pytest.raises(BadRequest, match=name.decode()) as refused:
        read_orders([(name, value)])
    assert refused.value.param == name.decode()


def test_orders_in_a_prompt_are_those_of_the_headers():
    body = b'{"messages":[{"content":"[mock 17 ttft-ms=50 jitter=uniform:0.2 fault=cut:5 stamp=1] and on"}]}'
    headers = [
        (b"x-request-id", b"17"),
        (b"x-mock-ttft-ms", b"50"),
        (b"x-mock-jitter", b"uniform:0.2"),
        (b"x-mock-fault", b"cut:5"),
        (b"x-mock-stamp", b"1"),
    ]
    assert read_text_orders(body) == read_orders(headers)


@pytest.mark.parametrize("body", [b"", b"[mock]", b"[mock x]", b"[mock 1 TTFT=5]", b"[mock 1 ttft-ms=5 ]"])
def test_a_prompt_that_only_looks_like_orders_has_none(body: bytes):
    assert read_text_orders(body) is None


def test_orders_in_a_prompt_that_make_no_sense_are_named():
    with pytest.raises(BadRequest, match="x-mock-ttft-ms"):
        read_text_orders(b"[mock 1 ttft-ms=soon]")
