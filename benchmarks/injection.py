"""What a directive costs a body, beside copying the body once: `python -m benchmarks.injection`."""

import statistics
from time import perf_counter_ns

import msgspec

from gossamer.core.directives import Prompt
from gossamer.dialects.injection import inject
from gossamer.dialects.members import JsonObject

WORDS = "Answer in the voice of the house, in two sentences at most, and name your sources. " * 6
PROMPT = Prompt(WORDS, msgspec.json.encode(WORDS)[1:-1])
SIZES = (1_000, 10_000, 100_000, 1_000_000)
TURNS = 400
BODIES_OF = {
    "chat": lambda turns: {"messages": [{"role": "system", "content": "Be kind."}, *turns]},
    "responses": lambda turns: {"instructions": "Be kind.", "input": turns},
    "messages": lambda turns: {"system": [{"type": "text", "text": "Be kind."}], "messages": turns},
}


def body_of(dialect: str, size: int) -> bytes:
    turns = [{"role": "user", "content": "What is new under the sun? " * 30} for _ in range(max(1, size // 850))]
    return msgspec.json.encode({"model": "gpt-4o-mini", **BODIES_OF[dialect](turns)})


def timed(dialect: str, body: bytes) -> tuple[list[int], list[int]]:
    """Nanoseconds of each turn: the injection, beyond the reading that every body gets, and one copy."""
    spent, copied = [], []
    for _ in range(TURNS):
        asked = JsonObject(body)
        began = perf_counter_ns()
        asked.replaced(inject(asked, dialect, PROMPT))  # type: ignore[arg-type]
        between = perf_counter_ns()
        bytearray(body)
        ended = perf_counter_ns()
        spent.append(between - began)
        copied.append(ended - between)
    return spent, copied


def main() -> None:
    print(f"{'dialect':<10} {'KB':>6} {'us':>8} {'p99 us':>8} {'us/KB':>8} {'memcpy us/KB':>13}")
    for dialect in BODIES_OF:
        for size in SIZES:
            body = body_of(dialect, size)
            kib = len(body) / 1000
            spent, copied = timed(dialect, body)
            median, p99 = statistics.median(spent) / 1e3, statistics.quantiles(spent, n=100)[98] / 1e3
            memcpy = statistics.median(copied) / 1e3
            print(f"{dialect:<10} {kib:>6.0f} {median:>8.1f} {p99:>8.1f} {median / kib:>8.3f} {memcpy / kib:>13.3f}")


if __name__ == "__main__":
    main()
