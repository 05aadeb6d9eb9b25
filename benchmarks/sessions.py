"""CPU of a worker for a request with a session, beside a store with none and beside one with a million: in turns.

    python -m benchmarks.sessions [ROUNDS] [SESSIONS]

Workers know no sessions: what this shows is that nobody has taught them. The recorder, which writes them, is shown too.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.directives import BODY, REQUESTS, cpu_us, send
from gossamer.core.house import house_of, session_digest
from gossamer.projections.paths import sessions_path
from gossamer.projections.sessions.session import Session
from gossamer.projections.sessions.writer import SessionFile
from tests.system.gateway import TOKEN, Gateway, eventually, standard_config, start_gateway, start_mock

NOW_US = 1_795_000_000_000_000
SETTLED_S = 60.0


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        mock = stack.enter_context(start_mock("--ttft", "0", "--gap", "0", "--tokens", "8"))
        config = standard_config(mock.url, traces="none", retention={"sessions_most": 10 * count})
        arms = {}
        for name, rows in (("none", 0), (f"{count:,}", count)):
            data_dir = Path(home) / name / ".gossamer"
            fill(data_dir, rows)
            arms[name] = stack.enter_context(start_gateway(Path(home) / name, config, 1))
            eventually(lambda name=name: has_room(arms[name]), SETTLED_S)
        measure(arms, rounds)


def fill(data_dir: Path, rows: int) -> None:
    """As the recorder would have written them, a turn each."""
    data_dir.mkdir(parents=True)
    path = sessions_path(data_dir)
    SessionFile(path, lambda _: None, lambda: rows).close()
    with closing(sqlite3.connect(path)) as file:
        for start in range(0, rows, 100_000):
            numbers = range(start, min(rows, start + 100_000))
            sessions = [session_of(number) for number in numbers]
            marks = ", ".join("?" * len(Session.__struct_fields__))
            file.executemany(f"INSERT INTO sessions VALUES ({marks})", sessions)  # noqa: S608 - question marks alone
            file.executemany(
                "INSERT INTO turns VALUES (?, ?, ?, ?)",
                [(one[0], one[6], f"req_old-{one[1]}", b"{}") for one in sessions],
            )
            file.commit()


def session_of(number: int) -> tuple[object, ...]:
    name, at_us = f"old-{number}", NOW_US + number
    return (session_digest(house_of(None, "test"), name), name, None, "test", None, at_us, at_us, 1, 0, 7, 3, 0, None)


def has_room(gateway: Gateway) -> bool:
    return len(gateway._running("gossamer.recorder")) == 1


def measure(arms: dict[str, Gateway], rounds: int) -> None:
    spent: dict[str, list[float]] = {name: [] for name in arms}
    drawn: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(rounds + 1):
        for name, gateway in arms.items():
            (worker,), (recorder,) = gateway.workers, gateway._running("gossamer.recorder")
            before, drawn_before = cpu_us(worker), cpu_us(recorder)
            asyncio.run(send(gateway.port, TOKEN, {"x_session_id": f"talk-{number}"}, BODY))
            asyncio.run(asyncio.sleep(1.0))  # for the recorder to have it
            if number:
                spent[name].append((cpu_us(worker) - before) / REQUESTS)
                drawn[name].append((cpu_us(recorder) - drawn_before) / REQUESTS)
    for what, figures in (("worker", spent), ("recorder", drawn)):
        base = next(iter(figures.values()))
        for name, found in figures.items():
            ratio = statistics.median(one / other for one, other in zip(found, base, strict=True))
            print(f"{what:<9} {name:>10} sessions in the store: {statistics.median(found):7.1f} us   {ratio:.3f} x")


if __name__ == "__main__":
    main()
