"""The commands of a request: what never changes of them is written once a plan and day, the rest is put in between.

What is counted in one step lies in one slot: a user's keys and agents are at home with the user, a model with itself.
On a single server all is one step; in a cluster it is one step a home (docs/adr/0009).
"""

from collections.abc import Iterable
from hashlib import sha1
from typing import Final, NamedTuple

from gossamer.core.allowance import Limits
from gossamer.counters.memory_plan import MemoryPlan
from gossamer.counters.over_redis.scripts import ADMIT, APART, RENEW, SETTLE
from gossamer.counters.plans import has_budget, has_tokens
from gossamer.counters.rules import Check
from gossamer.redis.resp import bulk, encode
from gossamer.redis.slots import slot_of

LEASE_MS: Final = 30_000
"""A worker that has died frees its places after so long; one that lives renews them in time."""
LOADS: Final = tuple(encode("SCRIPT", "LOAD", script) for script in (ADMIT, SETTLE, RENEW))

_PREFIX: Final = "gossamer:"
_ADMIT_WORDS: Final = 3
"""Of the admission's own, before the limits of its subjects."""
_LIMITS: Final = 5
_NO_PLACE: Final = -2
"""Instead of how many there are: this one counts for none, and its lease is there for the money alone."""
_SETTLE_WORDS: Final = 2
_LETTERS: Final = {"key": "k", "user": "u", "agent": "a", "model": "m"}


class Dated(NamedTuple):
    """What is the same for all requests of a day."""

    day: int
    admit_head: bytes
    admit_tail: bytes
    settle_head: bytes
    spend_head: bytes
    settle_tail: bytes


class Group:
    """Subjects whose counters lie in one slot. `life` is that of the worker's process: its settlements are numbered."""

    __slots__ = (
        "_dated",
        "_lease_ms",
        "_life",
        "checks",
        "has_budget",
        "has_lease",
        "has_tokens",
        "home",
        "lease_keys",
        "slot",
    )

    def __init__(self, home: str, checks: tuple[Check, ...], life: str) -> None:
        self.checks = checks
        self.has_budget = has_budget(checks)
        self.has_tokens = has_tokens(checks)
        self.lease_keys = [_key(check, "l") for check in checks if _has_lease(check.limits)]
        self.has_lease = bool(self.lease_keys)
        self._lease_ms = [_lease_ms(check) for check in checks if _has_lease(check.limits)]
        self.slot = slot_of(f"{{{home}}}".encode())
        self.home = home
        self._life = life
        self._dated: Dated | None = None

    def admit(self, dated: Dated, lease: bytes, tokens: int, nanos: int) -> bytes:
        words = b"%b %d %d" % (lease, tokens, nanos)
        return b"%b$%d\r\n%b\r\n%b" % (dated.admit_head, len(words), words, dated.admit_tail)

    def settle(self, dated: Dated, words: bytes, *, is_spend: bool) -> bytes:
        head = dated.spend_head if is_spend else dated.settle_head
        return b"%b$%d\r\n%b\r\n%b" % (head, len(words), words, dated.settle_tail)

    def renew(self, member: bytes) -> bytes:
        return encode("EVALSHA", RENEW_SHA, len(self.lease_keys), *self.lease_keys, member, *self._lease_ms)

    def dated(self, day: int, month: int) -> Dated:
        """Written anew once a day."""
        if self._dated is None or self._dated.day != day:
            self._dated = self._write(day, month)
        return self._dated

    def _write(self, day: int, month: int) -> Dated:
        keys = [key for check in self.checks for key in _keys(check, month)]
        limits = [limit for check in self.checks for limit in _limits(check)]
        flags = [_flags(check.limits) for check in self.checks]
        sequence = f"{_PREFIX}{{{self.home}}}:s:{self._life}"
        field = f"d{day}"
        return Dated(
            day,
            _head(ADMIT_SHA, keys, _ADMIT_WORDS + len(limits)),
            _bulks((LEASE_MS, field, *limits)),
            _head(SETTLE_SHA, keys, _SETTLE_WORDS + len(flags)),
            _head(SETTLE_SHA, [sequence, *keys], _SETTLE_WORDS + len(flags)),
            _bulks((field, *flags)),
        )


class RedisPlan:
    """What a request touches in Redis."""

    __slots__ = ("checks", "groups", "has_budget", "has_tokens", "has_weight", "local")

    def __init__(self, checks: tuple[Check, ...], life: str, *, is_cluster: bool) -> None:
        self.checks = checks
        self.local: MemoryPlan | None = None
        """What it touches here while Redis is away; made when that is first so."""
        self.has_budget = has_budget(checks)
        self.has_tokens = has_tokens(checks)
        self.has_weight = self.has_tokens or self.has_budget
        homes = tuple(dict.fromkeys(check.home for check in checks)) if is_cluster else (checks[0].home,)
        self.groups = tuple(
            Group(home, tuple(check for check in checks if not is_cluster or check.home == home), life)
            for home in homes
        )


def _bulks(words: Iterable[str | int]) -> bytes:
    return b"".join([bulk(word) for word in words])


def _sha(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


ADMIT_SHA: Final = _sha(ADMIT)
SETTLE_SHA: Final = _sha(SETTLE)
RENEW_SHA: Final = _sha(RENEW)


def _head(sha: str, keys: list[str], words: int) -> bytes:
    count = 3 + len(keys) + words
    return b"*%d\r\n%b" % (count, _bulks(("EVALSHA", sha, len(keys), *keys)))


def _key(check: Check, what: str) -> str:
    subject = check.subject
    return f"{_PREFIX}{{{check.home}}}:{_LETTERS[subject.kind]}:{subject.id}:{what}"


def _keys(check: Check, month: int) -> Iterable[str]:
    """In the order in which the scripts take them."""
    limits = check.limits
    if _has_window(limits):
        yield _key(check, "w")
    if _has_lease(limits):
        yield _key(check, "l")
        if _has_budget(limits):
            yield _key(check, "v")
            yield _key(check, f"b:{month}")


def _flags(limits: Limits) -> str:
    window = ("wt" if limits.tokens_per_min is not None else "w") if _has_window(limits) else ""
    return window + ("lb" if _has_budget(limits) else "l" if _has_lease(limits) else "")


def _limits(check: Check) -> tuple[int, ...]:
    limits = check.limits
    places = limits.concurrent if check.takes_place else _NO_PLACE
    found = (limits.requests_per_min, limits.tokens_per_min, places, limits.nanos_per_day, limits.nanos_per_month)
    return tuple(-1 if limit is None else limit for limit in found)


def _lease_ms(check: Check) -> int:
    return LEASE_MS if check.takes_place else LEASE_MS + APART


def _has_window(limits: Limits) -> bool:
    return limits.requests_per_min is not None or limits.tokens_per_min is not None


def _has_lease(limits: Limits) -> bool:
    return limits.concurrent is not None or _has_budget(limits)


def _has_budget(limits: Limits) -> bool:
    return limits.nanos_per_day is not None or limits.nanos_per_month is not None
