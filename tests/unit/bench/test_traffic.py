"""The bytes: valid, numbered, and the same for every arm."""

import msgspec
import pytest

from gossamer.bench import traffic


def test_bodies_are_json_that_a_gateway_can_read():
    assert msgspec.json.decode(traffic.CHAT_BODY)["model"] == traffic.MODEL
    assert msgspec.json.decode(traffic.STREAM_BODY)["stream"] is True
    assert msgspec.json.decode(traffic.numbered_body(17))["seed"] == 17
    assert msgspec.json.decode(traffic.JSON_ANSWER)["usage"]["total_tokens"] == 21


@pytest.mark.parametrize("written", ['{"seed":42}', '{"seed": 42 }', '{"a":1,\n"seed" :42}'])
def test_the_number_survives_another_json_writer(written: str):
    assert traffic.number_of(written.encode()) == 42


def test_no_number_is_nought():
    assert traffic.number_of(traffic.CHAT_BODY.encode()) == 0


@pytest.mark.parametrize(
    ("body", "streams"), [(traffic.STREAM_BODY, True), (traffic.CHAT_BODY, False), ('{"stream": true}', True)]
)
def test_who_asks_for_a_stream(body: str, streams: bool):
    assert traffic.wants_stream(body.encode()) is streams


def test_service_times_are_spread_evenly_and_never_change():
    times = [traffic.service_ns(number) for number in range(10_000)]
    assert times == [traffic.service_ns(number) for number in range(10_000)]
    assert min(times) >= 40_000_000
    assert max(times) <= 60_000_000
    fifths = [sum(40e6 + 4e6 * i <= t < 40e6 + 4e6 * (i + 1) for t in times) for i in range(5)]
    assert all(1_800 < count < 2_200 for count in fifths)


def test_request_is_framed_by_its_length():
    head, body = traffic.request_bytes(traffic.CHAT_BODY, "gsm_x", "localhost:80").split(b"\r\n\r\n")
    assert b"content-length: %d" % len(body) in head
    assert b"authorization: Bearer gsm_x" in head


def test_a_stream_is_64_tokens_usage_and_the_end():
    pieces = traffic.stream_pieces()
    assert len(pieces) == traffic.STREAM_EVENTS == 66
    for piece in pieces:
        size, _, event = piece.partition(b"\r\n")
        assert event.endswith(b"\n\n\r\n")
        assert int(size, 16) == len(event) - 2
    assert b"total_tokens" in pieces[-2]
    assert b"[DONE]" in pieces[-1]
