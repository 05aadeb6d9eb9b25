"""What every measure is handed: the plan, the cores, a folder, a source of chance and somewhere to say how it goes."""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gossamer.bench.groups import remove_groups
from gossamer.bench.neighbours import Neighbours
from gossamer.bench.pace import pace_ms
from gossamer.bench.placement import Place, core_siblings, pick_cores
from gossamer.bench.processes import Process, free_port, wait_for_port
from gossamer.bench.rounds import Deadline, Rounds
from gossamer.bench.subject import Subject

DEFAULT_SECONDS = 1
DEFAULT_ROUNDS = 15
"""Many short rounds rather than few long ones: what disturbs a machine lasts for seconds, and spoils few of many."""
_STANDIN_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the user asked for. `seconds` is one arm's turn in a round."""

    seconds: int
    rounds: int
    subject: Subject


@dataclass(frozen=True, slots=True)
class Rig:
    """`gateway` is the place of gateway and hop, which work one at a time; `load` that of load and provider."""

    plan: Plan
    gateway: Place
    load: Place
    workspace: Path
    chance: random.Random
    deadline: Deadline
    say: Callable[[str], None]

    def rounds(self, *, only_dearer: bool = True) -> Rounds:
        """For a measure to begin with; see Rounds."""
        return Rounds(self.chance, Machine(self.gateway.core, self.load.core), only_dearer=only_dearer)

    def with_folder(self, name: str) -> "Rig":
        """The same rig, with a folder of its own in the workspace."""
        folder = self.workspace / name
        folder.mkdir()
        return replace(self, workspace=folder)

    def urgent(self) -> "Rig":
        """The same rig, before everything else on the machine."""
        return replace(self, gateway=replace(self.gateway, urgent=True), load=replace(self.load, urgent=True))


class Machine:
    """The surroundings of a round, as this machine has them."""

    def __init__(self, gateway_core: int, load_core: int) -> None:
        self._gateway_core = gateway_core
        self._cores = {gateway_core, load_core}
        self._neighbours = Neighbours(self._cores)

    def begin(self) -> None:
        self._neighbours = Neighbours(self._cores)

    def pace_ms(self) -> float:
        return pace_ms(self._gateway_core)

    def neighbours_share(self) -> float:
        return self._neighbours.share()


@contextmanager
def standing_rig(plan: Plan, say: Callable[[str], None], seed: int) -> Iterator[Rig]:
    """Two cores, this process out of the gateway's way, and a folder that is gone afterwards."""
    allowed = os.sched_getaffinity(0)
    cores = pick_cores(allowed, {core: core_siblings(core) for core in allowed})
    gateway, load = (Place(core) for core in cores or (min(allowed), min(allowed)))
    chance = random.Random(seed)  # noqa: S311 - an order of arms is no secret
    os.sched_setaffinity(0, {load.core})
    try:
        with tempfile.TemporaryDirectory(prefix="gossamer-bench-", ignore_cleanup_errors=True) as folder:
            yield Rig(plan, gateway, load, Path(folder), chance, Deadline(time.monotonic()), say)
    finally:
        remove_groups()
        os.sched_setaffinity(0, allowed)


@contextmanager
def running_standin(kind: str, rig: Rig) -> Iterator[tuple[Process, int]]:
    """The provider's stand-in and its port; `kind` as in standin.py."""
    port = free_port()
    command = [sys.executable, "-m", "gossamer.bench.standin", kind, str(port)]
    process = Process("provider's stand-in", command, rig.load, rig.workspace / f"standin-{port}.log")
    try:
        wait_for_port(process, port, _STANDIN_WITHIN_S)
        yield process, port
    finally:
        process.stop()
