"""A node as those see it who watch over it: its spans at a collector, and how its workers fare, on `/metrics`."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.real.telemetry.playing import Playing, play
from tests.system.gateway import TOKEN, Gateway, eventually, start_gateway
from tests.system.node import CONFIG, Node

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
SERVER = 2
"""As OTLP calls a request that was served; a machine that is busy brings a span for a stage as well."""
ASKS: dict[str, Any] = {
    **CONFIG,
    "keys": [{"name": "tester", "token": TOKEN}],
    "server": {"workers": 2},
}
families: Callable[[str], Iterator[Any]] = text_string_to_metric_families


@pytest.fixture
def collector() -> Iterator[Playing]:
    with play() as playing:
        yield playing


@pytest.fixture
def gateway(collector: Playing, tmp_path: Path) -> Iterator[Gateway]:
    config = {**ASKS, "telemetry": {"otlp": collector.url, "sample": 1.0}}
    with start_gateway(tmp_path, config, workers=2) as gateway:
        yield gateway


def samples(node: Node) -> dict[tuple[str, str], float]:
    """By name, and the values of the labels."""
    answer = node.request("GET", "/metrics", accept="application/openmetrics-text; version=1.0.0")
    if answer.status != 200:
        return {}
    text = answer.body.decode()
    return {(each.name, " ".join(each.labels.values())): each.value for one in families(text) for each in one.samples}


def spans(collector: Playing) -> list[Any]:
    documents: list[Any] = [msgspec.json.decode(taken.body) for taken in collector.taken]
    return [span for one in documents for rs in one["resourceSpans"] for ss in rs["scopeSpans"] for span in ss["spans"]]


def test_a_request_is_seen_as_a_part_of_its_callers_trace(gateway: Gateway, collector: Playing):
    node = Node(gateway)
    assert node.chat(TOKEN, traceparent=f"00-{TRACE}-{SPAN}-01").status == 200
    eventually(lambda: len(spans(collector)) >= 2)
    request, call = spans(collector)[:2]
    assert {request["traceId"], call["traceId"]} == {TRACE}
    assert (request["parentSpanId"], call["parentSpanId"]) == (SPAN, request["spanId"])
    eventually(lambda: samples(node).get(("gossamer_otlp_spans_total", "taken"), 0) >= 2)


def test_spans_that_nobody_took_are_told_once_somebody_does(gateway: Gateway, collector: Playing):
    collector.answers = [(503, {}, b"")] * 3
    node = Node(gateway)
    assert node.chat(TOKEN).status == 200
    eventually(lambda: len(collector.taken) == 4)
    assert samples(node)["gossamer_sink_failures_total", "otlp"] == 3
    assert len({span["spanId"] for span in spans(collector) if span["kind"] == SERVER}) == 1


def test_how_each_worker_fares_is_shown_and_a_dead_one_is_counted(gateway: Gateway):
    node = Node(gateway)
    names = [("gossamer_worker_in_flight", "0"), ("gossamer_worker_in_flight", "1")]
    eventually(lambda: set(names) <= samples(node).keys())
    before = samples(node)
    assert [before["gossamer_worker_restarts_total", worker] for worker in "01"] == [0, 0]
    os.kill(gateway.workers[0], signal.SIGKILL)
    eventually(lambda: sum(samples(node).get(("gossamer_worker_restarts_total", worker), 0) for worker in "01") == 1)
    eventually(lambda: set(names) <= samples(node).keys())


def test_how_keys_were_found_is_counted(gateway: Gateway):
    node = Node(gateway)
    for _ in range(3):
        assert node.chat(TOKEN).status == 200
    unknown = f"gsm_{'a' * 26}_{'b' * 32}"
    assert node.chat(unknown).status == 401
    wanted = {("gossamer_auth_cache_hits_total", "lru"): 3, ("gossamer_auth_cache_misses_total", ""): 1}
    eventually(lambda: wanted.items() <= samples(node).items())
