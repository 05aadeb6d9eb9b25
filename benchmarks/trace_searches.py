"""What both stores of traces are asked, and the table that says how long it took.

A store is filled with the same mixture: few of 2,000 keys, 300 users, 700 agents and 30 models have most of the traces,
40 that follow each other are of seven sessions, and five, evenly over the time, have what no other has.
"""

import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from gossamer.projections.traces.query import Place, Query
from gossamer.projections.traces.reader import TraceReader

SEARCH_BUDGET_MS = 200.0
DASHBOARD_BUDGET_MS = 1_000.0
ROUNDS = 7
MINUTE_US = 60 * 10**6

Ask = Callable[[], Awaitable[str]]
"""Says how many it has found."""


class Question(NamedTuple):
    name: str
    ask: Ask
    warm: Callable[[], Awaitable[object]] | None = None
    """Has all of it read once, where the first page was given up before."""


class Span(NamedTuple):
    """Of the traces that are there."""

    count: int
    begins_us: int
    ends_us: int

    def moment(self, share: float) -> int:
        """So far through the whole time."""
        return self.begins_us + round((self.ends_us - self.begins_us) * share)


def searches(span: Span) -> Iterator[tuple[str, Query]]:
    """All that `GET /admin/v1/traces` can be asked for."""
    middle = Place(span.moment(0.5), "req")
    session = f"ses_{span.count // 80 * 7}"
    yield "the newest", Query()
    yield "the newest, a page of 200", Query(limit=200)
    yield "the oldest", Query(order="oldest")
    yield "from the middle on", Query(after=middle)
    yield "of a minute", Query(since_us=span.moment(0.3), until_us=span.moment(0.3) + MINUTE_US)
    yield "a busy key", Query(key="key_1")
    yield "a key with one in some thousand", Query(key="key_237")
    yield "the same, a page of 200", Query(key="key_237", limit=200)
    yield "the same, from the middle on", Query(key="key_237", after=middle)
    yield "the same, the oldest first", Query(key="key_237", order="oldest")
    yield "a quiet key", Query(key="key_1777")
    yield "a quiet key, a page of 200", Query(key="key_1777", limit=200)
    yield "a key with five traces", Query(key="key_rare")
    yield "an unknown key", Query(key="key_nobody")
    yield "a user", Query(user="usr_77")
    yield "a busy agent", Query(agent="agt_1")
    yield "an agent", Query(agent="agt_9")
    yield "a rare agent", Query(agent="agt_613")
    yield "a rare agent, a page of 200", Query(agent="agt_613", limit=200)
    yield "an agent with five traces", Query(agent="agt_rare")
    yield "a session", Query(session=session)
    yield "a session, the oldest first", Query(session=session, order="oldest")
    yield "an unknown session", Query(session="ses_nobody")
    yield "a model", Query(model="model-7")
    yield "a model that few ask for", Query(model="model-29")
    yield "a target", Query(target="up1/model-29")
    yield "a key and a model", Query(key="key_237", model="model-2")
    yield "an agent, a model and a status", Query(agent="agt_9", model="model-2", status_least=400)
    yield "errors", Query(status_least=400)
    yield "one status", Query(status_least=503, status_most=503)
    yield "an outcome", Query(outcome="refused")
    yield "errors of a quiet key", Query(status_least=400, key="key_1777")
    yield "a status that never was", Query(status_least=418, status_most=418)
    tenth: dict[str, Any] = {"since_us": span.moment(0.4), "until_us": span.moment(0.5)}
    yield "slow ones of a tenth of the time", Query(total_least_us=50 * 10**6, **tenth)
    yield "the slowest of all", Query(total_least_us=100 * 10**6)
    yield "slower than any", Query(total_least_us=1000 * 10**6)
    yield "dear ones", Query(cost_least_nanos=1_100_000)
    yield "the dearest of all", Query(cost_least_nanos=4_000_000_000)
    yield "slow and dear ones of a user", Query(user="usr_77", total_least_us=9 * 10**6, cost_least_nanos=900_000)
    newest = span.moment(1.0)
    yield "a text in the newest 30 s", Query(text="word77 ", since_us=newest - MINUTE_US // 2)
    yield "a text in the newest hour", Query(text="word77 ", since_us=newest - 60 * MINUTE_US)
    yield "an error's text, of any time", Query(text="said_77")
    yield "a text that is nowhere, of any time", Query(text="nowhere")
    yield "a text of a quiet key", Query(text="said_77", key="key_1777")


def asked_of(reader: TraceReader, span: Span) -> Iterator[Question]:
    for name, query in searches(span):

        async def ask(query: Query = query) -> str:
            page = await reader.page(query)
            is_short = page.rest is not None and len(page.traces) < query.limit
            return f"{len(page.traces)}{'+' if is_short else ''}"

        yield Question(name, ask, (lambda query=query: reader.find(query)) if query.text is None else None)  # type: ignore[misc]


async def show(title: str, questions: Iterator[Question], budget_ms: float) -> bool:
    """A line each; whether all of them are within the budget."""
    print(f"\n{title:<44} {'found':>6} {'first':>7} {'median':>7} {'worst':>7} {'budget':>7}")
    are_within = [await _line(each, budget_ms) for each in questions]
    print(
        f"{sum(are_within)} of {len(are_within)} within their budget. In milliseconds; worst: but for the first time,"
    )
    print("for which little of it was in a cache; +: as far as it came, and the page says where to go on")
    return all(are_within)


async def _line(question: Question, budget_ms: float) -> bool:
    taken_ms = []
    found = ""
    for number in range(ROUNDS):
        if number == 1 and question.warm is not None:
            await question.warm()
        began = time.perf_counter()
        found = await question.ask()
        taken_ms.append((time.perf_counter() - began) * 1000)
    first, *again = taken_ms
    median, worst = statistics.median(again), max(again)
    word = "pass" if worst <= budget_ms else "FAIL"
    line = f"{question.name:<44} {found:>6} {first:>7.1f} {median:>7.1f} {worst:>7.1f} {budget_ms:>7.0f} {word}"
    print(line, flush=True)
    return worst <= budget_ms
