"""A whole run: the rig, the mock, the ways and the load process stand while the runner takes its blocks."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gossamer.bench.arms import Outside, Way, direct_way, gateway_way, hop_of, outside_way, relay_way
from gossamer.bench.cells import Cell
from gossamer.bench.driver import running_load
from gossamer.bench.errors import RigBroken, SubjectBroken
from gossamer.bench.machine import machine
from gossamer.bench.orders import Opened
from gossamer.bench.peers.speed import take_speeds, why_not
from gossamer.bench.peers.standing import Peer, stand_all
from gossamer.bench.profiles import Profile
from gossamer.bench.provider import Provider, running_mock
from gossamer.bench.record import Role, Run
from gossamer.bench.revision import check_out, running_revision
from gossamer.bench.rig import Plan, Rig, standing_rig
from gossamer.bench.runner import INTERRUPTED, Runner
from gossamer.bench.schedule import Visit
from gossamer.bench.slowed import sitecustomize
from gossamer.bench.slowed.sitecustomize import SLOWED
from gossamer.bench.subject import Subject

REVISION = "revision"
"""Among the versions: 0.1.0 is many of them."""
PATIENT_PROVIDER = "timeouts: {first_byte: 2s}"
"""Of Gossamer in a run: the error paths have a provider that is later than that."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for. With `outside` gateways none is started here; `base` is a revision to compare with."""

    profile: Profile
    rounds: int
    seed: int
    subject: Subject = field(default_factory=Subject)
    outside: Sequence[Outside] = ()
    base: str | None = None
    provider_port: int | None = None
    peers: Sequence[Peer] = ()
    """All beside each other, instead of the one gateway; at the end at full speed too."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Peers that could not be installed, and why."""
    slowed: str = ""
    """Another test of it: the gateway with one stage made slower (see slowed/), beside itself as it is."""
    waits_us: tuple[int, int] | None = None
    """For the test of the yardstick itself: two relays, base and gateway, that hold back so long."""


def take_run(
    wish: Wish,
    say: Callable[[str], None],
    progress: Callable[[Run, Visit, int], None],
    keep: Callable[[Run], None],
    resumed: Run | None = None,
    unclear: Callable[[Run], Sequence[Cell]] | None = None,
) -> Run:
    """`unclear` names cells that more rounds are taken of, once. Ctrl-C ends it early: what there is comes back."""
    run = None
    try:
        with ExitStack() as stack:
            rig = stack.enter_context(standing_rig(Plan(1, wish.rounds, wish.subject), say, wish.seed))
            standing = _stand(stack, wish, rig)
            run = _begun(wish, standing, resumed)
            _take(stack, wish, rig, standing, run, _Told(say, progress, keep, unclear))
    except SubjectBroken as error:  # it ended before it was ended: its blocks say so too, and the others are whole
        if run is None:
            raise
        run.notes.append(" ".join(str(error).split()))
    keep(run)
    return run


@dataclass(frozen=True, slots=True)
class _Told:
    """Whom a run tells what."""

    say: Callable[[str], None]
    progress: Callable[[Run, Visit, int], None]
    keep: Callable[[Run], None]
    unclear: Callable[[Run], Sequence[Cell]] | None


def _begun(wish: Wish, standing: "Standing", resumed: Run | None) -> Run:
    run = _new_run(wish, standing)
    if resumed is None:
        return run
    _check_resumed(resumed, run)
    return resumed


def _take(stack: ExitStack, wish: Wish, rig: Rig, standing: "Standing", run: Run, told: _Told) -> None:
    """All blocks, then what a run of peers or an unclear answer asks for besides."""
    driver = stack.enter_context(running_load(rig.load, rig.workspace))
    for way in standing.ways:
        driver.tell(way.order(0), Opened, RigBroken)
    by_name = {way.arm.name: way for way in standing.ways}
    runner = Runner(
        rig, run, by_name, driver, standing.provider, lambda visit, at: told.progress(run, visit, at),
        lambda: told.keep(run),
    )  # fmt: skip
    try:
        runner.take_all()
        if wish.peers:
            _take_speeds(rig, standing, run, told)
        if told.unclear is not None and (cells := told.unclear(run)):
            told.say(f"{len(cells)} of {len(run.cells)} cells are unclear: {run.rounds} more rounds of those")
            runner.take_more(cells, run.rounds)
    except KeyboardInterrupt:
        run.is_complete = False
        run.notes.append(INTERRUPTED)


def _take_speeds(rig: Rig, standing: "Standing", run: Run, told: _Told) -> None:
    """What came before is whole without them, so nothing here ends the run."""
    told.keep(run)
    if lack := why_not():
        run.notes.append(lack)
        return
    try:
        for speed in take_speeds(rig, standing.ways, standing.provider, run.seed, told.say):
            run.speeds.append(speed)
    except RigBroken as error:
        run.notes.append(f"full speed was not measured to its end: {' '.join(str(error).split())}")


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands, what is to be said of it, and what does not stand and why."""

    ways: list[Way]
    provider: Provider
    notes: list[str]
    absent: dict[str, str]


def _stand(stack: ExitStack, wish: Wish, rig: Rig) -> Standing:
    """All ways, direct ones first and last by convention only: their order is shuffled in each round."""
    token, place, notes = wish.subject.token, rig.gateway, []
    provider = stack.enter_context(running_mock(rig.load, rig.workspace, wish.provider_port))
    peers, absent = stand_all(stack, wish.peers, provider, place, rig.workspace)
    hops = [way for way in peers if way.arm.role is Role.HOP]
    if not hops:
        hop, note = hop_of(stack, provider, token, place, rig.workspace)
        hops, notes = [hop], [note] if note else []
    gateways = (
        [way for way in peers if way.arm.role is not Role.HOP] if wish.peers else _gateways(stack, wish, rig, provider)
    )
    ways = [direct_way(provider, token, Role.DIRECT), *hops, direct_way(provider, token, Role.AGAIN), *gateways]
    if len({way.arm.name for way in ways}) < len(ways):
        raise RigBroken("two ways have one name: give each target its own, --target NAME=URL")
    return Standing(ways, provider, notes, absent)


def _gateways(stack: ExitStack, wish: Wish, rig: Rig, provider: Provider) -> list[Way]:
    token, place, workspace = wish.subject.token, rig.gateway, rig.workspace
    if wish.waits_us is not None:
        roles = (("base", Role.BASE), ("gateway", Role.GATEWAY))
        return [
            stack.enter_context(relay_way(provider, token, place, workspace, name=name, role=role, wait_us=wait_us))
            for (name, role), wait_us in zip(roles, wish.waits_us, strict=True)
        ]
    if wish.outside:
        return [outside_way(outside, provider) for outside in wish.outside]
    subject = replace(wish.subject, provider_settings=PATIENT_PROVIDER)
    ours = replace(subject, env=slowed_env(wish.slowed)) if wish.slowed else subject
    base, what = (subject, "gossamer serve as it is") if wish.slowed else _base(wish, subject, workspace)
    ways = [stack.enter_context(gateway_way(ours, provider, place, workspace))]
    if base is not None:
        ways.append(
            stack.enter_context(gateway_way(base, provider, place, workspace, name="base", what=what, role=Role.BASE))
        )
    return ways


def _base(wish: Wish, subject: Subject, workspace: Path) -> tuple[Subject | None, str]:
    """Another revision, checked out, where one was asked for."""
    if wish.base is None:
        return None, ""
    folder = workspace / "base"
    folder.mkdir()
    commit, env = check_out(wish.base, folder)
    return replace(subject, env={**subject.env, **env}), f"gossamer serve at {commit[:12]}"


def slowed_env(order: str) -> dict[str, str]:
    """For a gateway's process: see slowed/sitecustomize.py."""
    path = os.pathsep.join(filter(None, (str(Path(sitecustomize.__file__).parent), os.environ.get("PYTHONPATH"))))
    return {SLOWED: order, "PYTHONPATH": path}


def _new_run(wish: Wish, standing: Standing) -> Run:
    return Run(
        profile=wish.profile.name,
        seed=wish.seed,
        rounds=wish.rounds,
        cells=wish.profile.cells,
        arms=tuple(way.arm for way in standing.ways),
        machine=machine(),
        digest=_digest(wish),
        versions=_versions(),
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        notes=list(standing.notes),
        absent={**wish.missing, **standing.absent},
    )


def _check_resumed(old: Run, new: Run) -> None:
    """Blocks of two different runs are never mixed."""
    was, is_now = (run.versions.get(REVISION, "unknown") for run in (old, new))
    if was != is_now:
        raise RigBroken(
            f"it cannot be resumed, its revision was {was} and this is {is_now}: "
            "go back to that one, or begin anew without --resume"
        )
    for what, before, now in (
        ("cells", old.cells, new.cells),
        ("rounds", old.rounds, new.rounds),
        ("ways", [(arm.name, arm.role) for arm in old.arms], [(arm.name, arm.role) for arm in new.arms]),
        ("machine and versions", (old.machine, old.versions), (new.machine, new.versions)),
        ("settings", old.digest, new.digest),
    ):
        if before != now:
            raise RigBroken(f"it cannot be resumed, its {what} were others: take a new one")
    old.notes.append(f"resumed {new.began}")


def _digest(wish: Wish) -> str:
    """Of what decides on the figures besides the machine."""
    told = [wish.profile.name, wish.subject.template or "gossamer", PATIENT_PROVIDER, wish.base or ""]
    for outside in wish.outside:  # a token or the value of a header may be a secret, and its digest is in the result
        told += [outside.base_url, outside.model, *sorted(name for name, _ in outside.headers)]
    told += [f"{peer.manifest.name} {peer.version}" for peer in wish.peers]
    return blake2b("\0".join(told).encode(), digest_size=8).hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for name in ("gossamer", "uvloop", "httptools", "msgspec"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    if revision := running_revision():
        found[REVISION] = revision
    return found


def scratch_file(folder: Path | None = None) -> Path:
    """Where a run is kept that nobody named a file for."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return (folder or Path.cwd()) / f"gossamer-bench-{stamp}-{os.getpid()}.json"
