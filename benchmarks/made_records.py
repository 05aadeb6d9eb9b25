"""Records like those of many keys and models, made up the same way each time, for what is done with a journal."""

import random
from collections.abc import Iterator
from typing import Final

from gossamer.core.record import Outcome, Record, Usage

STAGES: Final = (
    "queue", "identify", "authenticate", "verify_agent", "read_body", "route", "limit", "dispatch", "provider",
    "forward",
)  # fmt: skip
_PER_S: Final = 1_000
"""Requests that end each second."""
_ENDED: Final = 1_800_000_000.0
"""Unix time at which the last one ends."""
_LONGEST_S: Final = 60.0
_VARIETY: Final = 50_000
"""Different requests."""

Request = tuple[str, str, str, str, int, int, int]
"""Key, user, model, target, status, nanoseconds and nano-dollars."""


def varied() -> Iterator[Request]:
    """Few of the keys ask for most."""
    chance = random.Random(11)  # noqa: S311 - the same each time
    for _ in range(_VARIETY):
        key = int(chance.paretovariate(0.6)) % 2_000
        model = f"model-{int(chance.paretovariate(0.8)) % 30}"
        status = chance.choices((200, 429, 502, 503), (970, 20, 6, 4))[0]
        total_s = min(_LONGEST_S, chance.lognormvariate(0.5, 1.2))
        yield f"key_{key}", f"usr_{key % 300}", model, f"up{key % 3}/{model}", status, int(total_s * 1e9), key * 1_000


def record_of(number: int, count: int, request: Request) -> Record:
    """The one with this number, of so many that end one after the other."""
    key, user, model, target, status, total_ns, cost_nanos = request
    name = f"req_6d7bd185b143-{number}"
    outcome: Outcome = "completed" if status < 400 else "refused"
    stages_ns = [334248, 240177, 63164, 4497, 61381, 13710, 97676, 33109, total_ns - 1_301_237, 453275]
    return Record(
        id=name,
        at=_ENDED - (count - number) / _PER_S - total_ns / 1e9,
        worker=0,
        seq=number,
        method="POST",
        path="/v1/chat/completions",
        status=status,
        outcome=outcome,
        stages_ns=stages_ns,
        total_ns=total_ns,
        overhead_ns=1_301_237,
        request_id=name,
        peer="127.0.0.1:53650",
        key=key,
        model=model,
        target=target,
        first_byte_ns=11_255_635,
        request_bytes=184,
        response_bytes=324,
        usage=Usage(9, 12),
        user=user,
        cost_nanos=cost_nanos,
    )
