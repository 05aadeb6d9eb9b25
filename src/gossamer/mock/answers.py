"""From one request to the script of its answer: the one way that the server and the in-process provider share.

Knows dialects and faults. Does no I/O and asks no clock: the age of the mock is handed in.
"""

from functools import lru_cache

import msgspec

from gossamer.mock.asked import Asked, BadRequest, Dialect
from gossamer.mock.faults import UNSAID, Kind
from gossamer.mock.incoming import Incoming
from gossamer.mock.ledger import Entry, Ledger
from gossamer.mock.orders import NO_ORDERS, Orders, read_orders, read_text_orders
from gossamer.mock.plain import find_plain, model_named
from gossamer.mock.plan import Dice, Plan, Settings, fault_for, plan_answer, plan_plain, request_id_of
from gossamer.mock.reading import read_asked
from gossamer.mock.render import chat, completions, messages, responses
from gossamer.mock.render.errors import ERRORS, Error, bad_request, error_body
from gossamer.mock.render.raw import RAW_BODIES, RAW_MODEL, RAW_STREAMS
from gossamer.mock.render.template import Answer, Stream, slots
from gossamer.mock.script import (
    JSON_HEADERS,
    Script,
    fixed_stream_script,
    silent_script,
    stream_script,
    whole_script,
)

_CACHED_ANSWERS = 256
"""Rendered answers that are kept: models times lengths times texts of a benchmark, and then some."""
_CACHED_TOKENS = 1024
"""Longer answers are rendered each time: 256 of them would be too much to keep."""
_READ_BYTES = 4096
"""Bodies up to here are recognised when they come again: a benchmark repeats its bodies to the byte."""
_SILENT = frozenset({Kind.RESET, Kind.HANG})
_REFUSED = frozenset({Kind.REFUSE, Kind.PREFILL})

_WHOLE = {
    Dialect.CHAT: chat.whole,
    Dialect.COMPLETIONS: completions.whole,
    Dialect.RESPONSES: responses.whole,
    Dialect.MESSAGES: messages.whole,
}
_STREAM = {
    Dialect.CHAT: chat.stream,
    Dialect.COMPLETIONS: completions.stream,
    Dialect.RESPONSES: responses.stream,
    Dialect.MESSAGES: messages.stream,
}


class Visit(msgspec.Struct, frozen=True):
    """One attempt at a request, and how it will be answered."""

    request_id: bytes
    entry: Entry
    script: Script
    is_stamped: bool


class _Case(msgspec.Struct, frozen=True):
    """A request with all that decides on its answer."""

    incoming: Incoming
    orders: Orders
    request_id: bytes
    entry: Entry
    age_s: float


class Answers:
    """The answers of one mock."""

    def __init__(self, settings: Settings) -> None:
        # for the life of the mock
        self._settings = settings
        self._dice = Dice(settings.seed)
        self._read = lru_cache(maxsize=_CACHED_ANSWERS)(read_asked)
        self._whole = lru_cache(maxsize=_CACHED_ANSWERS)(_render_whole)
        self._stream = lru_cache(maxsize=_CACHED_ANSWERS)(_render_stream)
        # what was asked so far
        self.ledger = Ledger()

    def answer(self, incoming: Incoming, age_s: float) -> Visit:
        """One attempt at a request, `age_s` after the mock began. Whoever plays the script ends the entry."""
        complaint: BadRequest | None = None
        try:
            orders = self._orders(incoming)
        except BadRequest as error:
            orders, complaint = NO_ORDERS, error
        request_id = request_id_of(orders, incoming.body)
        case = _Case(incoming, orders, request_id, self.ledger.begin(request_id), age_s)
        script = self._script(case) if complaint is None else self._complain(case, complaint)
        return Visit(request_id, case.entry, script, orders.is_stamped or self._settings.is_stamped)

    def _orders(self, incoming: Incoming) -> Orders:
        told = read_text_orders(incoming.body) if self._settings.reads_text else None
        return read_orders(incoming.headers) if told is None else told

    def _script(self, case: _Case) -> Script:
        dialect = case.incoming.asks_words
        try:
            if dialect is None or case.orders.is_echo:
                return self._plain(case)
            return self._words(case, dialect)
        except BadRequest as error:
            return self._complain(case, error)

    def _words(self, case: _Case, dialect: Dialect) -> Script:
        """What a model would say."""
        settings, orders, body = self._settings, case.orders, case.incoming.body
        asked = (read_asked if len(body) > _READ_BYTES else self._read)(dialect, body)
        case.entry.model = asked.model
        fault = fault_for(settings, orders, asked.model, case.entry.attempts, case.age_s)
        plan = plan_answer(self._dice, settings, orders, asked, case.request_id, len(body), fault)
        stopped = _stopped(plan, dialect)
        if stopped is not None:
            return stopped
        if asked.model == RAW_MODEL:
            return _raw(plan, asked)
        if asked.stream:
            is_apart = plan.is_spaced or orders.is_stamped or settings.is_stamped
            return self._streamed(plan, asked, orders.cached, is_apart=is_apart)
        return self._spoken(plan, asked, orders.cached)

    def _streamed(self, plan: Plan, asked: Asked, cached: int, *, is_apart: bool) -> Script:
        answer = Answer(asked.model, plan.content, asked.include_usage, cached, plan.kind is Kind.HALF_USAGE)
        is_long = len(plan.content.pieces) > _CACHED_TOKENS
        stream = (_render_stream if is_long else self._stream)(asked.dialect, answer)
        return stream_script(plan, stream, is_apart=is_apart)

    def _spoken(self, plan: Plan, asked: Asked, cached: int) -> Script:
        if plan.kind is Kind.ERROR_EVENT:
            return whole_script(plan, error_body(asked.dialect, ERRORS["server"]))
        answer = Answer(asked.model, plan.content, cached=cached)
        is_long = len(plan.content.pieces) > _CACHED_TOKENS
        body = (_render_whole if is_long else self._whole)(asked.dialect, answer)
        return whole_script(plan, body % slots(plan.id, plan.prompt_tokens, plan.total_tokens))

    def _plain(self, case: _Case) -> Script:
        """Whatever is answered in one piece, with the faults that can strike it."""
        incoming, orders, entry = case.incoming, case.orders, case.entry
        entry.model = model_named(incoming)
        fault = fault_for(self._settings, orders, entry.model, entry.attempts, case.age_s)
        plan = plan_plain(self._dice, self._settings, orders, case.request_id, fault)
        dialect = _error_dialect(incoming)
        stopped = _stopped(plan, dialect)
        if stopped is not None:
            return stopped
        found = find_plain(incoming, plan, self._settings.seed, is_echo=orders.is_echo)
        if isinstance(found, Error):
            return whole_script(plan, error_body(dialect, found), status=found.status)
        headers, body = found
        return whole_script(plan, body, headers)

    def _complain(self, case: _Case, complaint: BadRequest) -> Script:
        """The caller's own mistake, at once."""
        plan = plan_plain(self._dice, Settings(), NO_ORDERS, case.request_id, None)
        error = bad_request(complaint.message, complaint.param)
        return whole_script(plan, error_body(_error_dialect(case.incoming), error), status=error.status)


def _stopped(plan: Plan, dialect: Dialect | None) -> Script | None:
    """The script of a fault that leaves nothing of the answer; None for all others."""
    fault = plan.fault
    if fault is None:
        return None
    behaviour = fault.behaviour
    if behaviour.kind in _SILENT:
        return silent_script(plan)
    if behaviour.kind not in _REFUSED:
        return None
    error = ERRORS[behaviour.error]
    headers = JSON_HEADERS
    if fault.number != UNSAID:
        headers += b"retry-after: %d\r\n" % fault.number
    return whole_script(plan, error_body(dialect, error), headers, error.status)


def _raw(plan: Plan, asked: Asked) -> Script:
    """Fixed bytes; the faults that change bytes pass them by."""
    if asked.stream:
        return fixed_stream_script(plan, RAW_STREAMS[asked.dialect])
    return whole_script(plan, RAW_BODIES[asked.dialect])


def _error_dialect(incoming: Incoming) -> Dialect | None:
    return Dialect.MESSAGES if incoming.is_anthropic else None


def _render_whole(dialect: Dialect, answer: Answer) -> bytes:
    return _WHOLE[dialect](answer)


def _render_stream(dialect: Dialect, answer: Answer) -> Stream:
    return _STREAM[dialect](answer)
