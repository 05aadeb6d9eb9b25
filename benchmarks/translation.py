"""What it costs to translate a stream, beside the same stream passed through: CPU of the worker a token, in one run.

    PYTHONPATH=src:. python -m benchmarks.translation [--streams 100] [--waves 3] [--rounds 7]

One gateway with one worker on the first core; the mock (64 tokens, 10 ms apart) and the clients on the second. Each
round asks every way once, and its ratios are to the pass-through of that round, so that a slow moment cancels out.
Prints the medians, and the budget: a streamed chat to Anthropic costs at most three times a chat that passes.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.paced import run
from gossamer.bench.kernel import cpu_ns
from gossamer.bench.statistics import median
from tests.system.gateway import TOKEN, Gateway, Mock, start_gateway, start_mock

WORKER_CORE, LOAD_CORE = 0, 1
TOKENS, GAP_MS = 64, 10
BUDGET = 3.0
_AT_ONCE_PER_S = 1e6
_SETTLE_S = 0.1
_TEXT = "Tell me of silk and of threads, and of what a web is good for."

WAYS: Final = {
    "chat to chat (passes)": ("chat", "chats"),
    "chat to Anthropic": ("chat", "anthropic"),
    "chat to responses": ("chat", "responses"),
    "responses to chat": ("responses", "chats"),
    "messages to messages (passes)": ("messages", "anthropic"),
    "messages to chat": ("messages", "chats"),
    "messages to responses": ("messages", "responses"),
}
PASSES, BUDGETED = "chat to chat (passes)", "chat to Anthropic"

_PATHS: Final = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
_ASKS: Final[dict[str, dict[str, Any]]] = {
    "chat": {"messages": [{"role": "user", "content": _TEXT}]},
    "responses": {"input": _TEXT, "store": False},
    "messages": {"max_tokens": 1000, "messages": [{"role": "user", "content": _TEXT}]},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--waves", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=7)
    words = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="translation-"))
    os.sched_setaffinity(0, {LOAD_CORE})
    try:
        with start_mock("--gap", str(GAP_MS), "--tokens", str(TOKENS)) as mock, gateway(home, mock) as found:
            show(measure(found, words.streams, words.waves, words.rounds))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def gateway(home: Path, mock: Mock) -> Gateway:
    place = {"base_url": f"{mock.url}/v1", "api_keys": ["sk-real"]}
    config = {
        "providers": {
            "chats": {"kind": "openai-compatible", **place},
            "anthropic": {"kind": "anthropic", **place},
            "responses": {"kind": "openai-compatible", "speaks": ["responses"], **place},
        },
        "keys": [{"name": "bench", "token": TOKEN}],
    }
    found = start_gateway(home, config)
    (worker,) = found.workers
    os.sched_setaffinity(worker, {WORKER_CORE})
    return found


def measure(found: Gateway, streams: int, waves: int, rounds: int) -> dict[str, list[float]]:
    """Microseconds a token, by way; the first round only warms."""
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(rounds + 1):
        for way, (wire, provider) in WAYS.items():
            cost = cost_us(found, request(wire, provider), streams, waves)
            if number:
                costs[way].append(cost)
    return costs


def cost_us(found: Gateway, asked: bytes, streams: int, waves: int) -> float:
    (worker,) = found.workers
    before = cpu_ns(worker)
    taken = run(found.port, [asked] * (streams * waves), streams, _AT_ONCE_PER_S)
    assert {each.status for each in taken} == {200}, "not all were answered"
    time.sleep(_SETTLE_S)
    return (cpu_ns(worker) - before) / len(taken) / TOKENS / 1000


def request(wire: str, provider: str) -> bytes:
    body = msgspec.json.encode({"model": f"{provider}/mock", "stream": True, **_ASKS[wire]})
    head = (
        f"POST {_PATHS[wire]} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def show(costs: dict[str, list[float]]) -> None:
    for way, found in costs.items():
        ratios = [mine / passing for mine, passing in zip(found, costs[PASSES], strict=True)]
        budget = f"<= {BUDGET:.1f} x" if way == BUDGETED else ""
        spread = f"{median(ratios):.2f} x ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{way:<30} {median(found):6.1f} us a token   {spread:<24} {budget}")


if __name__ == "__main__":
    main()
