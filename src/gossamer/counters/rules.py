"""What limits a request: of its key, its user, its agent and its model, from what each of them brings and the settings.

Nothing is counted here.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from gossamer.core.allowance import UNLIMITED, Limits, Subject
from gossamer.core.ports import AgentClaims, Claims
from gossamer.policy.shares import share

DEFAULT_OUTPUT_TOKENS: Final = 1000


class Rules(msgspec.Struct, frozen=True):
    """What the settings say of limits."""

    default: Limits = UNLIMITED
    """Of each key, where it has no limit of that kind itself."""
    models: Mapping[str, Limits] = {}
    """By provider/model."""
    output_tokens: int = DEFAULT_OUTPUT_TOKENS
    """Estimated for an answer that nobody bounded."""
    refuses_unpriced: bool = True


class Check(msgspec.Struct, frozen=True):
    """One subject with its limits."""

    subject: Subject
    called: str
    """How a refusal names it, at the beginning of a sentence."""
    limits: Limits
    home: str
    """Whose counters must be counted in one step with these: a user's keys and agents are at home with the user."""
    takes_place: bool = True
    """Whether it is one of those that are under way at a time."""


def checks_of(
    rules: Rules, claims: Claims, agent: AgentClaims | None, label: str | None, *, is_inner: bool = False
) -> tuple[Check, ...]:
    """Everything that has a limit. `label` is that of a model with limits of its own.

    `is_inner`: a call of a run, which has its caller's place already. A model's own places are not the caller's.
    """
    checks = _all_checks(rules, claims, agent, label)
    if is_inner:
        checks = (check if check.subject.kind == "model" else _without_place(check) for check in checks)
    return tuple(check for check in checks if check.limits != UNLIMITED)


def _without_place(check: Check) -> Check:
    limits = msgspec.structs.replace(check.limits, concurrent=None)
    return msgspec.structs.replace(check, limits=limits, takes_place=False)


def _all_checks(rules: Rules, claims: Claims, agent: AgentClaims | None, label: str | None) -> Iterator[Check]:
    owner = f"u:{claims.user_id}" if claims.user_id is not None else f"k:{claims.key_id}"
    limits = filled(claims.limits, rules.default)
    yield Check(Subject("key", claims.key_id), f"The key {claims.name!r}", limits, owner)
    if claims.user_id is not None:
        yield Check(Subject("user", claims.user_id), "The user of this key", claims.user_limits, owner)
    if agent is not None:
        home = f"u:{agent.user_id}" if agent.user_id is not None else f"a:{agent.agent_id}"
        yield Check(Subject("agent", agent.agent_id), f"The agent {agent.name!r}", agent.limits, home)
    if label is not None:
        yield Check(
            Subject("model", label),
            f"The model {label!r}, all its callers together,",
            rules.models[label],
            f"m:{label}",
        )


def filled(limits: Limits, default: Limits) -> Limits:
    """The limits, and those of the default where there is none of that kind."""
    if default == UNLIMITED:
        return limits
    own = msgspec.structs.asdict(limits)
    given = msgspec.structs.asdict(default)
    return Limits(**{kind: given[kind] if value is None else value for kind, value in own.items()})


def shared(limits: Limits, workers: int, number: int) -> Limits:
    """What worker `number` may let in by itself. One request at least, or nobody behind it could do anything."""

    def part(whole: int | None, least: int) -> int | None:
        return None if whole is None else share(whole, workers, number, least=min(least, whole))

    return Limits(
        requests_per_min=part(limits.requests_per_min, 1),
        tokens_per_min=part(limits.tokens_per_min, 1),
        concurrent=part(limits.concurrent, 1),
        nanos_per_day=part(limits.nanos_per_day, 0),
        nanos_per_month=part(limits.nanos_per_month, 0),
    )
