"""The way to a collector: what it is sent, and what each of its answers means."""

import socket

import pytest

from gossamer.recorder.sink import SinkAway
from gossamer.recorder.telemetry.collector import LONGEST_REST_S, Collector, retry_after_s
from tests.real.telemetry.playing import Playing


def test_what_it_is_sent(collector: Playing):
    said = Collector(collector.url, {"authorization": "Bearer k"}).send(b'{"resourceSpans":[]}')
    assert (said.status, said.body, said.is_refusal) == (200, b"{}", False)
    (taken,) = collector.taken
    assert (taken.path, taken.body) == ("/v1/traces", b'{"resourceSpans":[]}')
    assert taken.headers["content-type"] == "application/json"
    assert taken.headers["authorization"] == "Bearer k"
    assert taken.headers["user-agent"].startswith("gossamer/")


@pytest.mark.parametrize("status", [400, 413, 422, 500, 501])
def test_what_it_refuses_having_looked_at_it_is_not_sent_again(collector: Playing, status: int):
    collector.answers = [(status, {}, b'{"message":"no"}')]
    said = Collector(collector.url, {}).send(b"{}")
    assert (said.status, said.body, said.is_refusal) == (status, b'{"message":"no"}', True)


@pytest.mark.parametrize("status", [307, 401, 403, 404, 408, 429, 502, 503, 504])
def test_what_nobody_has_looked_at_is(collector: Playing, status: int):
    collector.answers = [(status, {}, b"")]
    way = Collector(collector.url, {})
    with pytest.raises(SinkAway, match=str(status)):
        way.send(b"{}")
    assert way.send(b"{}").status == 200


def test_it_is_left_alone_for_as_long_as_it_asks(collector: Playing):
    collector.answers = [(503, {"retry-after": "60"}, b"")]
    way = Collector(collector.url, {})
    for _ in range(2):
        with pytest.raises(SinkAway):
            way.send(b"{}")
    assert len(collector.taken) == 1


def test_nobody_is_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SinkAway, match="refused"):
        Collector(f"http://127.0.0.1:{port}", {}).send(b"{}")


def test_somebody_is_there_who_speaks_otherwise():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        way = Collector(f"https://127.0.0.1:{listener.getsockname()[1]}", {})
        listener.close()
        with pytest.raises(SinkAway):
            way.send(b"{}")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("5", 5),
        ("100000", LONGEST_REST_S),
        ("9" * 400, LONGEST_REST_S),
        ("Thu, 01 Jan 1970 00:01:50 GMT", 10),
        ("Thu, 01 Jan 1970 00:00:50 GMT", 0),
        ("soon", 0),
        ("-5", 0),
    ],
)
def test_how_long_that_is(value: str | None, seconds: float):
    assert retry_after_s(value, 100.0) == seconds
