"""Keeps every post manned: a worker that dies is replaced, and its connections wait on its socket meanwhile.

The crew knows processes, not settings: what workers are told comes as encoded lines from above.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from socket import socket
from typing import Final, Protocol

from msgspec.structs import replace

from gossamer.core.clock import now_ns
from gossamer.core.logs import get_log
from gossamer.process.link import TOLD_EVERY_S, Gauges, Order, Report, Seat, encode_order
from gossamer.supervisor.child import Child, start_child
from gossamer.supervisor.endings import Restarts, ending_in_words

READY_WITHIN_S: Final = 20.0
"""A worker is ready in well under a second; one that takes so long hangs."""
FAILED_STARTS: Final = 10
"""Workers that end before any was ever ready; so many in a row, and the next will not be better."""
DRAIN_MARGIN_S: Final = 1.0
"""Beyond the drain itself: for a worker to cut what is left, write its journal and end."""

log = get_log(__name__)


class CrewOwner(Protocol):
    """Who is told of what happens to the crew as a whole."""

    def all_ready(self) -> None:
        """Every post has a worker that takes requests. Called again when a successor completes the crew."""

    def gave_up(self, reason: str) -> None:
        """No worker can live; the crew starts no more."""


@dataclass(slots=True)
class Post:
    """A place for one worker: what is the same for all who hold it one after the other."""

    number: int
    sockets: Sequence[socket]
    restarts: Restarts = field(default_factory=Restarts)
    child: Child | None = None
    owes_answer: bool = False
    """New settings were sent to a ready worker; it has neither taken nor refused them."""
    gauges: Gauges | None = None
    """What the worker that is here said of itself last."""
    gauges_at_ns: int = 0
    last_words: str | None = None
    """Why the worker that is here, or was here last, could not go on."""


class Crew:
    """`name`: what its processes are called in the log. `told_of_key` hears whether a first key is kept."""

    def __init__(
        self,
        command: Sequence[str],
        sockets: Sequence[Sequence[socket]],
        owner: CrewOwner,
        *,
        name: str = "worker",
        told_of_key: Callable[[bool], None] | None = None,
    ) -> None:
        self._told_of_key = told_of_key
        self._command = command
        self._name = name
        self._owner = owner
        self._posts = [Post(number, own) for number, own in enumerate(sockets)]
        self._keepers: list[asyncio.Task[None]] = []
        self._briefing = self._accepted = b""
        self._leaving = asyncio.Event()
        self._was_ever_ready = False
        self._failed_starts = 0

    def start(self, briefing: bytes) -> None:
        self._accepted = self._briefing = briefing
        for post in self._posts:
            keeper = asyncio.create_task(self._keep(post))
            keeper.add_done_callback(self._keeper_ended)
            self._keepers.append(keeper)

    def brief(self, briefing: bytes) -> None:
        """Tell all workers, and each that comes later before anything else."""
        self._accepted, self._briefing = self._briefing, briefing
        for post in self._posts:
            if post.child is not None:
                post.owes_answer = post.child.is_ready
                post.child.tell(briefing)

    def tell(self, order: bytes) -> None:
        """Something for those who are there now; a successor is not told."""
        for child in self._children():
            child.tell(order)

    async def drain(self, within_s: float) -> None:
        """Let all finish what is under way, and kill by pid who has not ended then."""
        self._leaving.set()
        order = encode_order(Order(drain=within_s))
        for child in self._children():
            if child.is_ready:
                child.tell(order)
            else:
                child.kill()  # It has taken no request.
        _, late = await asyncio.wait(self._keepers, timeout=within_s + DRAIN_MARGIN_S)
        if late:
            log.warning(f"{self._name} killed: it did not drain in time", count=len(late), drain_timeout_s=within_s)
            self.kill()
            await asyncio.wait(late)

    def kill(self) -> None:
        """Cut at once."""
        self._leaving.set()
        for child in self._children():
            child.kill()

    @property
    def restarts(self) -> int:
        """Of all posts, since the start."""
        return sum(post.restarts.count for post in self._posts)

    def workers(self) -> list[tuple[int, bool]]:
        """The pid of each, and whether it is ready."""
        return [(child.pid, child.is_ready) for child in self._children()]

    def seats(self) -> tuple[Seat, ...]:
        """How each worker fares. One that says nothing any more is as late as it is silent."""
        now = now_ns()
        return tuple(
            Seat(post.number, post.restarts.count, post.gauges and _aged(post.gauges, now - post.gauges_at_ns))
            for post in self._posts
        )

    def _place(self, post: Post) -> dict[str, int]:
        return {self._name: post.number}

    def _children(self) -> list[Child]:
        return [post.child for post in self._posts if post.child is not None]

    # --- one post ---

    async def _keep(self, post: Post) -> None:
        while not self._leaving.is_set():
            post.owes_answer, post.last_words = False, None
            began_ns = now_ns()
            ending, child = await self._man(post)
            if self._leaving.is_set():
                return
            lived_s = (now_ns() - began_ns) / 1e9
            pause_s = post.restarts.pause_after(lived_s)
            log.warning(
                f"{self._name} ended, starting another",
                **self._place(post),
                pid=child.pid if child else None,
                ending=ending,
                lived_s=round(lived_s, 1),
                restarts=post.restarts.count,
                pause_s=pause_s,
            )
            if not (child and child.is_ready):
                self._count_failed_start(ending)
            await self._rest(pause_s)

    async def _man(self, post: Post) -> tuple[str, Child | None]:
        """One worker's whole life at a post: how it ended, and who it was."""
        try:
            child = await start_child(self._command, post.number, post.sockets, lambda report: self._hear(post, report))
        except OSError as error:
            return f"could not be started: {error.strerror}", None
        child.tell(self._briefing)
        if self._leaving.is_set():
            child.kill()
        post.child = child
        deadline = asyncio.get_running_loop().call_later(READY_WITHIN_S, self._kill_unready, post, child)
        code = await child.ended()
        deadline.cancel()
        post.child = post.gauges = None
        words = ending_in_words(code)
        return f"{words}: {post.last_words}" if post.last_words else words, child

    async def _rest(self, pause_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._leaving.wait()

    def _kill_unready(self, post: Post, child: Child) -> None:
        if not child.is_ready:
            log.error(f"{self._name} killed: it was not ready in time", **self._place(post), pid=child.pid)
            child.kill()

    def _hear(self, post: Post, report: Report) -> None:
        if report.gauges is not None:
            post.gauges, post.gauges_at_ns = report.gauges, now_ns()
        elif report.ready is not None:
            log.info(f"{self._name} ready", **self._place(post), pid=report.ready)
            self._was_ever_ready = True
            if all(other.child and other.child.is_ready for other in self._posts):
                self._owner.all_ready()
        elif report.reloaded is not None:
            post.owes_answer = False
            log.info(f"{self._name} reloaded", **self._place(post), generation=report.reloaded)
        elif report.failed is not None:
            self._hear_failure(post, report.failed)
        elif report.first_key is not None and self._told_of_key is not None:
            self._told_of_key(report.first_key)

    def _hear_failure(self, post: Post, text: str) -> None:
        if post.owes_answer:
            post.owes_answer = False
            # With settings that nobody can live with, its successors would not live either.
            self._briefing = self._accepted
            log.error(f"{self._name} keeps its old settings", **self._place(post), reason=text)
        else:
            post.last_words = text

    # --- when nothing helps ---

    def _count_failed_start(self, ending: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= FAILED_STARTS and not self._was_ever_ready:
            self._leaving.set()
            self._owner.gave_up(
                f"{FAILED_STARTS} {self._name}s in a row ended before they were ready, and the log above says more. "
                f"The last: {ending}"
            )

    def _keeper_ended(self, keeper: asyncio.Task[None]) -> None:
        if not keeper.cancelled() and (error := keeper.exception()):
            log.defect("supervision failed", error)
            self._owner.gave_up("The supervisor failed; the log above says where. Please report it.")


def _aged(gauges: Gauges, silent_ns: int) -> Gauges:
    silent_s = silent_ns / 1e9 - TOLD_EVERY_S
    return replace(gauges, loop_lag_s=silent_s) if silent_s > max(TOLD_EVERY_S, gauges.loop_lag_s) else gauges
