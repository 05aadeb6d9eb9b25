"""The ways to an answer: several targets with a strategy, and one request's way along them (a Way, and its Route).

Static as the configuration is, but for the turn and what `health.py` knows. Who is asked next is decided here, from
what `policy` says of failures and balance; nothing is sent from here.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Final

import msgspec

from gossamer.core.clock import now_ns
from gossamer.core.errors import InvalidRequest, ProviderBusy
from gossamer.core.exchange import Exchange
from gossamer.core.failure import Failure, Step
from gossamer.core.ports import Target
from gossamer.core.record import Attempt, Outcome
from gossamer.core.routing import Sticky, Strategy
from gossamer.dialects.needs import Needs, needs_of
from gossamer.policy.balance import keeper, least_busy, lowest, weighted
from gossamer.policy.retry import MOST_PATIENCE_S, VERDICTS, pause_s
from gossamer.providers.health import Health

if TYPE_CHECKING:
    from asyncio import TimerHandle

_S: Final = 1e-9
"""Of a nanosecond."""
_MOST_KEPT: Final = 4096
"""Sessions or keys whose target a group remembers; then it begins anew."""
_OF_A_KEY: Final = frozenset({"limited", "denied"})
"""Another key may fare better."""


class Abilities(msgspec.Struct, frozen=True):
    """What the model of a target can do, as far as the configuration says."""

    context: int | None = None
    """Tokens of question and answer together; None: nobody said."""
    vision: bool = True
    tools: bool = True
    json_schema: bool = True


ABLE: Final = Abilities()


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """One of the targets of a way. Lower priorities are asked first."""

    target: Target
    health: Health
    weight: int = 1
    priority: int = 0
    abilities: Abilities = ABLE


class Policy(msgspec.Struct, frozen=True):
    """`retries`: further tries of each target, where a failure allows them."""

    strategy: Strategy = "fallback"
    sticky: Sticky = "none"
    retries: int = 0
    deadline_s: float | None = None


class Group:
    """Candidates of one priority, and what the choice among them goes by: worked out once for all that are well."""

    __slots__ = ("_kept", "candidates", "reaches", "weights")

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = tuple(candidates)
        self.weights = [candidate.weight for candidate in candidates]
        self.reaches = list(accumulate(self.weights))
        self._kept: dict[bytes, Candidate] = {}

    def keeper_of(self, kept: bytes) -> Candidate:
        """Who answers this session or key, always. Remembered, since to find it out hashes every name."""
        found = self._kept.get(kept)
        if found is None:
            names = [candidate.target.label.encode() for candidate in self.candidates]
            found = self.candidates[keeper(kept, names, self.weights)]
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[kept] = found
        return found


class Ways:
    """What an alias leads to (a Way)."""

    def __init__(self, label: str, candidates: Sequence[Candidate], policy: Policy) -> None:
        self.label = label
        self.policy = policy
        self.measures = policy.strategy == "lowest-latency"
        """Whether anybody wants to know how long answers took."""
        self.deadline_s = policy.deadline_s
        self.targets = tuple(candidate.target for candidate in candidates)
        self._groups = _groups_of(candidates, policy.strategy)
        self._is_choosy = any(one.abilities != candidates[0].abilities or _lacks(one.abilities) for one in candidates)
        """Whether it matters what a request needs."""
        self._turn = -1
        self._sticky = policy.sticky
        self._choose = _CHOOSERS[policy.strategy]

    def begin(self, exchange: Exchange) -> "Journey":
        groups = self._able_groups(exchange) if self._is_choosy else self._groups
        group = groups[0]
        candidates = group.candidates
        for candidate in candidates:
            if candidate.health.is_suspect:
                break
        else:  # as `pick` would find, without looking further
            return Journey(self, groups, candidates[0] if len(candidates) == 1 else self._one_of(group, exchange))
        now = exchange.stamps[-1] * _S
        first = self.pick(groups, (), exchange, now)
        if first is None:
            raise self._nobody(groups, now)
        return Journey(self, groups, first)

    def pick(
        self, groups: Sequence[Group], tried: Sequence[Candidate], exchange: Exchange, now: float
    ) -> Candidate | None:
        """The one to ask, of those that were not tried. Who said 429 rests, as long as there is anybody else."""
        resting = None
        for group in groups:
            ready = []
            for candidate in group.candidates:
                health = candidate.health
                if tried and candidate in tried:
                    continue
                if health.is_suspect:
                    if not health.admits(now):
                        continue
                    if health.is_resting(now):
                        resting = resting or candidate
                        continue
                ready.append(candidate)
            if len(ready) == 1:
                return ready[0]
            if ready:
                return self._one_of(group if len(ready) == len(group.candidates) else Group(ready), exchange)
        return resting

    def _one_of(self, ready: Group, exchange: Exchange) -> Candidate:
        if self._sticky != "none":
            kept = _kept_by(self._sticky, exchange)
            if kept:
                return ready.keeper_of(kept)
        self._turn = turn = self._turn + 1
        return ready.candidates[self._choose(ready, turn, exchange)]

    # --- what only some can do ---

    def _able_groups(self, exchange: Exchange) -> Sequence[Group]:
        needs = needs_of(exchange.body, exchange.caller.endpoint.dialect)
        able = [tuple(one for one in group.candidates if _can(one.abilities, needs)) for group in self._groups]
        if not any(able):
            raise self._unable(needs)
        roomy = [tuple(one for one in group if _has_room(one.abilities, needs)) for group in able]
        if any(roomy):
            return [Group(group) for group in roomy if group]
        # An estimate is no reason to refuse: the largest may do, and says so itself if it does not.
        most = max(one.abilities.context or 0 for group in able for one in group)
        largest = [tuple(one for one in group if one.abilities.context == most) for group in able]
        return [Group(group) for group in largest if group]

    def _unable(self, needs: Needs) -> InvalidRequest:
        wanted = [
            (needs.vision, "images", "messages"),
            (needs.tools, "tools", "tools"),
            (needs.json_schema, "an answer by a JSON schema", "response_format"),
        ]
        words = " with ".join(word for is_needed, word, _ in wanted if is_needed)
        param = next(name for is_needed, _, name in wanted if is_needed)
        return InvalidRequest(f"No target of {self.label!r} can do {words}. Ask for another model.", param=param)

    def _nobody(self, groups: Sequence[Group], now: float) -> ProviderBusy:
        due_s = min(one.health.circuit.due_at for group in groups for one in group.candidates) - now
        return ProviderBusy(
            f"No target of {self.label!r} is asked now: each has failed too often of late. Try again later.",
            retry_after_s=max(1.0, due_s),
        )


class Journey:
    """One request on its way (a Route)."""

    __slots__ = (
        "_asked_ns", "_candidate", "_groups", "_is_under_way", "_number", "_tries", "_way", "deadline_s", "target",
        "watch",
    )  # fmt: skip

    def __init__(self, way: Ways, groups: Sequence[Group], first: Candidate) -> None:
        self._way = way
        self.deadline_s = way.deadline_s
        self._groups = groups
        self._candidate = first
        self._asked_ns = 0
        self._is_under_way = False
        self._number = 0
        self._tries: list[Candidate] = []
        self.target = first.target
        self.watch: TimerHandle | None = None

    @property
    def label(self) -> str:
        return self._way.label

    @property
    def targets(self) -> Sequence[Target]:
        return self._way.targets

    def asked(self, at_ns: int) -> None:
        self._asked_ns = at_ns
        self._is_under_way = True
        self._number += 1
        health = self._candidate.health
        health.asked(at_ns * _S)
        if self._way.measures:
            health.latency.asked(at_ns * _S)

    def begun(self, at_ns: int) -> None:
        health = self._candidate.health
        if health.is_suspect:
            health.begun(self._asked_ns * _S, at_ns * _S)

    def failed(self, exchange: Exchange, failure: Failure, at_ns: int) -> Step | None:
        now = at_ns * _S
        verdict = VERDICTS[failure.kind]
        self._tries.append(self._candidate)
        has_key = failure.kind in _OF_A_KEY and self._turn_key(exchange, failure, now)
        self._count(failure, now, harms=verdict.harms and not has_key)
        if not verdict.elsewhere:
            return None
        patience_s = self._patience_s(exchange, now)
        if patience_s <= 0:
            return None
        if has_key:
            return Step(self.target)
        other = self._way.pick(self._groups, self._tries, exchange, now)
        pause = self._pause_s(failure, now, patience_s, has_other=other is not None) if verdict.again else None
        if pause is not None:
            return Step(self.target, pause)
        if other is None:
            return None
        self._candidate = other
        self.target = other.target
        return Step(other.target)

    def settled(self, exchange: Exchange, outcome: Outcome, status: int) -> None:
        if self.watch is not None:
            self.watch.cancel()
            self.watch = None
        if not self._is_under_way:
            return
        self._is_under_way = False
        health, asked_at = self._candidate.health, self._asked_ns * _S
        if outcome == "completed":
            now = exchange.stamps[-1] * _S
            health.good(asked_at, now)
            if self._way.measures:
                health.latency.heard((exchange.answered_ns - self._asked_ns) * _S, now)
        elif outcome == "stream_broken" or outcome == "provider_failed":
            health.bad(asked_at, now_ns() * _S, is_refusal=False)
        else:
            health.left()
        if 0 < len(exchange.attempts) < self._number:
            took_ns = exchange.answered_ns - self._asked_ns
            exchange.attempts = (*exchange.attempts, Attempt(self.target.label, status, took_ns))

    # --- inside ---

    def _count(self, failure: Failure, now: float, *, harms: bool) -> None:
        if not self._is_under_way:  # it never went out
            return
        self._is_under_way = False
        health = self._candidate.health
        if harms:
            health.bad(self._asked_ns * _S, now, is_refusal=failure.kind == "refused")
        else:
            health.left()

    def _turn_key(self, exchange: Exchange, failure: Failure, now: float) -> bool:
        """Whether there is another key, each being tried once at most. Who said 429 rests: the key, or the target."""
        keys = self.target.provider.keys
        if keys is not None:
            keys.rest(exchange.key_place, failure.retry_after_s, now)
            if keys.has_free(now):
                return self._tries.count(self._candidate) < keys.count
        if failure.kind == "limited":
            self._candidate.health.rest(failure.retry_after_s, now)
        return False

    def _patience_s(self, exchange: Exchange, now: float) -> float:
        deadline_s = self.deadline_s
        return MOST_PATIENCE_S if deadline_s is None else deadline_s - (now - exchange.stamps[0] * _S)

    def _pause_s(self, failure: Failure, now: float, patience_s: float, *, has_other: bool) -> float | None:
        """Before the same target is asked once more; None: it is not."""
        tries = self._tries.count(self._candidate)
        told_s = failure.retry_after_s
        if tries > self._way.policy.retries or (told_s and has_other):
            return None
        health = self._candidate.health
        pause = pause_s(tries, told_s, random.random())  # noqa: S311 - no secret
        if pause >= patience_s or not health.admits(now) or not health.budget.take(health.requests):
            return None
        return pause


def _groups_of(candidates: Sequence[Candidate], strategy: Strategy) -> tuple[Group, ...]:
    """By priority. Where one is asked after the other, each stands alone, in the order in which they are written."""
    in_order = sorted(candidates, key=lambda one: one.priority)
    if strategy == "fallback":
        return tuple(Group((one,)) for one in in_order)
    return tuple(Group(tuple(group)) for _, group in groupby(in_order, key=lambda one: one.priority))


def _by_weight(ready: Group, turn: int, exchange: Exchange) -> int:  # noqa: ARG001 - as all of these are called
    return weighted(ready.reaches, random.random())  # noqa: S311 - no secret


def _in_turn(ready: Group, turn: int, exchange: Exchange) -> int:  # noqa: ARG001
    return turn % len(ready.candidates)


def _by_business(ready: Group, turn: int, exchange: Exchange) -> int:  # noqa: ARG001
    return least_busy([one.health.busy for one in ready.candidates], ready.weights, turn)


def _by_latency(ready: Group, turn: int, exchange: Exchange) -> int:
    now = exchange.stamps[-1] * _S
    return lowest([one.health.latency.score(one.health.busy, now) for one in ready.candidates], turn)


_CHOOSERS: Final[Mapping[Strategy, Callable[[Group, int, Exchange], int]]] = {
    "fallback": _in_turn,  # each has a group of its own
    "weighted": _by_weight,
    "round-robin": _in_turn,
    "least-busy": _by_business,
    "lowest-latency": _by_latency,
}


def _kept_by(sticky: Sticky, exchange: Exchange) -> bytes:
    """What a request is kept together by with others; nothing where it says nothing."""
    if sticky == "session":
        return exchange.request.head.get(b"x-session-id") or b""
    return exchange.claims.key_id.encode() if exchange.claims is not None else b""


def _can(abilities: Abilities, needs: Needs) -> bool:
    return (
        (abilities.vision or not needs.vision)
        and (abilities.tools or not needs.tools)
        and (abilities.json_schema or not needs.json_schema)
    )


def _lacks(abilities: Abilities) -> bool:
    return not (abilities.vision and abilities.tools and abilities.json_schema)


def _has_room(abilities: Abilities, needs: Needs) -> bool:
    return abilities.context is None or needs.tokens <= abilities.context
