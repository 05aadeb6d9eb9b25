"""The requests of a run: valid, of the right size, with their orders to the provider."""

import msgspec
import pytest

from gossamer.bench.cells import Cell, Dialect, Lane
from gossamer.bench.profiles import BODIES
from gossamer.bench.prompts import Target, body_of, head_of, request_of
from gossamer.mock.orders import read_text_orders

TARGET = Target("localhost:80", "/v1", "gsm_x", "m", (("x-team", "blue"),))


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("stream", [False, True])
def test_the_mock_obeys_what_is_asked_of_it(dialect: Dialect, stream: bool):
    cell = Cell(Lane.LATENCY, 1, 1, 1000, stream, dialect)
    orders = read_text_orders(body_of(cell, "m", 17))
    assert orders is not None
    assert (orders.request_id, orders.ttft_ms, orders.gap_ms, orders.tokens) == (b"17", 50, 10, 20)
    assert orders.is_stamped
    assert msgspec.json.decode(body_of(cell, "m", 17)).get("stream", False) is stream


@pytest.mark.parametrize("size", BODIES[1:])
def test_a_body_has_its_size(size: int):
    assert len(body_of(Cell(Lane.FLOOR, 1, 1, size), "m", 123)) == size


def test_a_body_that_cannot_be_so_small_is_as_small_as_it_can_be():
    assert len(body_of(Cell(Lane.FLOOR, 1, 1, 100), "m", 1)) < 120


def test_faults_are_ordered_too():
    orders = read_text_orders(body_of(Cell(Lane.ERRORS, 1, 1, fault="slow-first:5000"), "m", 1))
    assert orders is not None
    assert orders.fault is not None
    assert orders.fault.number == 5000


def test_heads_of_a_cell_do_not_differ():
    cell = Cell(Lane.FLOOR, 1, 1)
    first, second = (request_of(cell, TARGET, n).split(b"\r\n\r\n")[0] for n in (1, 2))
    assert first == second
    assert b"authorization: Bearer gsm_x" in first
    assert b"x-team: blue" in first


def test_anthropic_is_asked_its_own_way():
    head = head_of(Cell(Lane.FLOOR, 1, 1, dialect=Dialect.MESSAGES), TARGET)
    assert head.startswith(b"POST /v1/messages HTTP/1.1\r\n")
    assert b"x-api-key: gsm_x" in head
    assert b"anthropic-version: " in head
