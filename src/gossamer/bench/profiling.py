"""Where the gateway's time goes: the worker under the load of `request-cpu`, seen from Python and from the kernel.

Two views, taken one after the other, since a profiler costs time itself: functions of Python by a sampler within the
process, and libraries and C functions by perf from without. Shares are what to read; absolute times are the gate's.
"""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from gossamer.bench import wrk
from gossamer.bench.errors import RigBroken, SubjectBroken
from gossamer.bench.nginx import running_provider
from gossamer.bench.processes import Process
from gossamer.bench.rig import Rig
from gossamer.bench.sampler.sitecustomize import FOLDER
from gossamer.bench.subject import Asking, Gateway, running_gateway

CONNECTIONS = 64
ROWS = 25
PERF_HZ = 997
"""A prime, so that it falls in step with nothing."""
PERF_PACKAGE = "linux-perf"
_SAMPLER = Path(__file__).parent / "sampler"
_WARM_UP_S = 1
"""The samples of its start are not of interest; after so long they are written."""
_ENOUGH = 100
"""Samples. On a busy machine one load may give fewer, which say nothing."""
_MOST_LOADS = 5
_PERF_WITHIN_S = 60.0
"""For perf to write and to resolve its symbols, after the load."""


def python_view(rig: Rig) -> str:
    """Functions of Python by their own time, and the modules that they belong to."""
    path = os.pathsep.join(filter(None, (str(_SAMPLER), os.environ.get("PYTHONPATH"))))
    subject = replace(rig.plan.subject, env={FOLDER: str(rig.workspace), "PYTHONPATH": path})
    with (
        running_provider(rig.load, rig.workspace) as provider,
        running_gateway(subject, provider.port, rig.gateway, rig.workspace) as gateway,
    ):
        file = rig.workspace / f"{gateway.worker}.json"
        _load(rig, gateway, _WARM_UP_S)
        before = _stacks(file)
        during: Counter[str] = Counter()
        for _ in range(_MOST_LOADS):
            _load(rig, gateway, rig.plan.seconds)
            during = _stacks(file)
            during.subtract(before)
            if during.total() >= _ENOUGH:
                break
    if not during.total():
        raise SubjectBroken("the worker gave no samples: it is no Python process, or was started with -S or -I")
    functions, modules = own_time(during)
    return f"{shares('own time, functions', functions)}\n\n{shares('own time, modules', modules)}"


def own_time(stacks: Mapping[str, int]) -> tuple[Counter[str], Counter[str]]:
    """By function and by module, of the innermost frame of each stack."""
    functions: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for stack, count in stacks.items():
        function = stack.partition(";")[0]
        functions[function] += count
        modules[function.partition(":")[0]] += count
    return functions, modules


def shares(title: str, counts: Counter[str]) -> str:
    """The largest, in percent."""
    total = counts.total()
    lines = [f"{100 * count / total:6.1f} %  {name}" for name, count in counts.most_common(ROWS) if count]
    return "\n".join([f"{title} ({total} samples)", *lines])


def _stacks(file: Path) -> Counter[str]:
    try:
        return Counter(msgspec.json.decode(file.read_bytes(), type=dict[str, int]))
    except FileNotFoundError:
        return Counter()


def native_view(rig: Rig) -> str:
    """Libraries and C functions, the kernel's too where perf may see them."""
    perf = shutil.which("perf")
    if perf is None:
        raise RigBroken(f"perf is missing; on Debian: apt-get install {PERF_PACKAGE}")
    recording = rig.workspace / "perf.data"
    with (
        running_provider(rig.load, rig.workspace) as provider,
        running_gateway(rig.plan.subject, provider.port, rig.gateway, rig.workspace) as gateway,
    ):
        command = [perf, "record", "-q", "-e", "cpu-clock", "-F", str(PERF_HZ), "-o", str(recording)]
        watcher = Process("perf", [*command, "-p", str(gateway.worker)], rig.load, rig.workspace / "perf.log")
        try:
            _load(rig, gateway, rig.plan.seconds)
            watcher.check()
        finally:
            watcher.stop()
        return "\n\n".join(_perf_table(perf, recording, by) for by in ("dso", "dso,symbol"))


def _perf_table(perf: str, recording: Path, by: str) -> str:
    command = [perf, "report", "--stdio", "-q", "--percent-limit", "0.7", "--sort", by, "-i", str(recording)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PERF_WITHIN_S, check=False)  # noqa: S603 - perf itself
    rows = [line.rstrip(" -") for line in done.stdout.splitlines() if line.strip()]
    if not rows:
        raise RigBroken(f"perf has nothing to report: {done.stderr.strip()[-500:]}")
    return "\n".join([f"own time by {by}", *rows[:ROWS]])


def _load(rig: Rig, gateway: Gateway, seconds: int) -> None:
    counts = wrk.drive(gateway.port, Asking(rig.plan.subject.token), CONNECTIONS, seconds, rig.load, rig.workspace)
    if counts.refused or not counts.requests:
        raise SubjectBroken(f"of {counts.requests} requests {counts.refused} were refused")
