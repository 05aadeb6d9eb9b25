"""How many responses a second the state store keeps, many at once: `python -m benchmarks.responses_kept [URL]`.

Each caller keeps one after the other, as a worker does for each conversation. Without a URL it is a new SQLite file.
"""

import asyncio
import sys
import tempfile
import time

from gossamer.control.store.store import Store, open_store
from gossamer.core.clock import wall_time
from gossamer.feed.responses import Keep

AT_ONCE = (1, 10, 50)
SECONDS = 4.0
BODY = b'{"id":"r","output":[{"type":"message","content":"%b"}]}' % (b"hello " * 100)
INPUT = b'[{"type":"message","id":"msg_1","content":"%b"}]' % (b"what is new? " * 20)


async def keep_for(store: Store, number: int, until: float, took_s: list[float]) -> None:
    previous = None
    while (began := time.monotonic()) < until:
        name = f"resp_{number}_{began:.9f}"
        kept = await store.keep_response(
            Keep(name, "user u", f"talk-{number}", wall_time(), INPUT, INPUT, BODY, 2, previous)
        )
        assert not kept.why_not, kept
        took_s.append(time.monotonic() - began)
        previous = name


async def measure(url: str) -> None:
    async with await open_store(url) as store:
        for at_once in AT_ONCE:
            took_s: list[float] = []
            until = time.monotonic() + SECONDS
            await asyncio.gather(*(keep_for(store, number, until, took_s) for number in range(at_once)))
            took_s.sort()
            p50, p99 = (took_s[round((len(took_s) - 1) * share)] * 1000 for share in (0.5, 0.99))
            print(f"{at_once:>4} at once: {len(took_s) / SECONDS:7.0f} a second, p50 {p50:6.1f} ms, p99 {p99:6.1f} ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/state.db"))


if __name__ == "__main__":
    main()
