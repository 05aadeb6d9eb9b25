"""How hard to think: words in one dialect, tokens in the other, and what each family of Claude takes.

The words are the public ones; the tokens are ours, since nobody says what a word is worth.
"""

import re
from typing import Final, NamedTuple

_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 24576, "max": 32768}
"""Tokens. Anthropic takes no fewer than 1,024 and advises against more than 32,000."""
_CLAUDE_EFFORTS: Final = {"minimal": "low"}
"""Words that Anthropic does not have."""
LEAST_BUDGET_TOKENS: Final = 1024


def budget_for(effort: str) -> int:
    return _BUDGETS.get(effort, _BUDGETS["medium"])


def effort_for(budget_tokens: int) -> str:
    """The word for a budget: the largest that it pays for. The smallest word is one that all models know."""
    paid = [word for word, tokens in _BUDGETS.items() if tokens <= budget_tokens and word != "minimal"]
    return paid[-1] if paid else "low"


def claude_effort(effort: str) -> str:
    return _CLAUDE_EFFORTS.get(effort, effort)


class Family(NamedTuple):
    """What a model takes of a request that is otherwise the same for all of them."""

    called: str
    name: re.Pattern[str]
    thinks_by_budget: bool = False
    """With a budget of tokens; all others think as much as they find right for an effort."""
    can_be_still: bool = True
    """It takes an order not to think at all."""
    takes_sampling: bool = False
    takes_forced_tools: bool = True
    takes_late_system: bool = True
    """A system's turn behind the first of a user."""


def _old(called: str, name: str) -> Family:
    return Family(called, re.compile(name), thinks_by_budget=True, takes_sampling=True, takes_late_system=False)


_LATEST: Final = r"claude-(opus-5-5|(fable|mythos)-5-[1-9])"
FAMILIES: Final = (
    _old("Claude 3 and before", r"claude-(3|2|instant)"),
    _old("Claude 4 to 4.5", r"claude-(opus|sonnet|haiku)-4[-@](0|1|5|20\d{6})\b"),
    Family("Claude 4.6", re.compile(r"claude-(opus|sonnet)-4-6"), takes_sampling=True, takes_late_system=False),
    Family("Opus 4.7, Sonnet 5", re.compile(r"claude-(opus-4-7|sonnet-5(?!-\d))"), takes_late_system=False),
    Family("Opus 5.5, Fable and Mythos 5.1", re.compile(_LATEST), can_be_still=False, takes_forced_tools=False),
    Family("other Fable and Mythos", re.compile(r"claude-(fable|mythos)"), can_be_still=False),
    Family("any other Claude", re.compile(r"claude")),
    _old("any other", r""),
)
"""From the public pages of the models, November 2026; the first that fits. Claude by a new name is taken to be like the
newest, and what is not Claude but speaks messages to be like the oldest, as those who imitate it are."""


def family_of(model: str) -> Family:
    name = model.lower().replace(".", "-")
    return next(family for family in FAMILIES if family.name.search(name))
