"""A gateway on a disk that gets full and empty again: run in a mount namespace, prints what it saw as JSON.

python -m tests.system.full_disk FOLDER drop-oldest|refuse
"""

import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.system.gateway import Gateway, eventually, start_gateway
from tests.system.node import CONFIG, Node

TOKEN = "sk-of-the-configuration"
SEGMENT = 256 * 1024
FIRST, MORE = 20, 3000


def main(disk: Path, policy: str) -> dict[str, Any]:
    ballast = disk / "ballast"
    journal = {"segment_size": SEGMENT, "max_size": 64 * SEGMENT, "when_full": policy}
    with start_gateway(disk / "node", {**CONFIG, "journal": journal}) as gateway:
        statuses = [status_of(gateway) for _ in range(FIRST)]
        eventually(lambda: traces(gateway) == FIRST)
        fill(ballast)
        full = [status_of(gateway) for _ in range(MORE)]
        ready = ready_of(gateway)
        eventually(lambda: "traces.db" in gateway.log)
        ballast.unlink()
        eventually(lambda: ready_of(gateway)[0] == 200)
        again = "room again" if policy == "refuse" else "written again"
        eventually(lambda: status_of(gateway) == 200 and again in gateway.log)
        before = gateway.workers
        answered = [status_of(gateway) for _ in range(FIRST)]
        records = len(gateway.records())
        eventually(lambda: traces(gateway) == len(gateway.records()))
        seen = {
            "before": sorted(set(statuses)),
            "full": sorted(set(full)),
            "served_full": full.count(200),
            "ready": ready,
            "after": sorted(set(answered)),
            "records": records,
            "traces": traces(gateway),
            "lost": gateway.records()[-1].seq - records,
            "workers_live": before == gateway.workers,
        }
    return {**seen, "log": gateway.log, "exit": gateway.process.returncode}


def fill(ballast: Path) -> None:
    """Every byte that is left."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def status_of(gateway: Gateway) -> int:
    return Node(gateway).chat(TOKEN).status


def ready_of(gateway: Gateway) -> tuple[int, str]:
    answer = Node(gateway).request("GET", "/readyz")
    return answer.status, str(answer.body)


def traces(gateway: Gateway) -> int:
    from gossamer.projections.file import reading

    with reading(gateway.data_dir / "traces.db") as file:
        return 0 if file is None else int(file.execute("SELECT count(*) FROM traces").fetchone()[0])


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(main(Path(sys.argv[1]), sys.argv[2])).decode() + "\n")
