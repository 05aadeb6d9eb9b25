"""What one answer will be: status, delays, words and the fault that strikes, all from seed and request id.

Pure: no clock, no global randomness, no state. The same id gives the same plan in every process and on every machine.
"""

from hashlib import blake2b

import msgspec

from gossamer.mock.asked import Asked, Last
from gossamer.mock.content import NO_WORDS, REFUSAL, VARIANTS, Content, compose, compose_script
from gossamer.mock.faults import UNSAID, Fault, Kind, fault_of_model
from gossamer.mock.jitter import STEADY, Jitter, draws
from gossamer.mock.orders import Orders

_NS_A_MS = 1_000_000
_BYTES_A_TOKEN = 4
"""The rule of thumb for English text."""
_ID_BYTES = 12
"""96 bits, as 24 hexadecimal digits: as wide as the ids of providers."""


class Settings(msgspec.Struct, frozen=True):
    """How this mock answers where a request does not say otherwise. `gap_ms` spaces out streams only."""

    seed: int = 0
    ttft_ms: float = 0.0
    gap_ms: float = 0.0
    tokens: int = 60
    jitter: Jitter = STEADY
    fault: Fault | None = None
    is_stamped: bool = False
    reads_text: bool = False
    """Whether orders in a prompt are obeyed."""


class Plan(msgspec.Struct, frozen=True):
    """One answer, before it is worded in a dialect."""

    id: bytes
    """24 hexadecimal digits, from seed and request id."""
    first_ns: int
    """From the whole request to the first byte."""
    gaps_ns: tuple[int, ...]
    """Before each token but the first; empty where there are no gaps."""
    content: Content
    prompt_tokens: int
    gap_ns: int = 0
    """The nominal gap of a stream."""
    fault: Fault | None = None
    """The one that strikes this attempt."""
    strikes_at: int = 0
    """The token before which a fault in the middle strikes."""
    stall_ns: int = 0

    @property
    def is_spaced(self) -> bool:
        """Whether tokens are apart in time: then each is a write of its own."""
        return self.gap_ns > 0

    @property
    def kind(self) -> Kind | None:
        return None if self.fault is None else self.fault.behaviour.kind

    @property
    def completion_tokens(self) -> int:
        return self.content.tokens

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Dice:
    """Ids and draws of one seed."""

    __slots__ = ("_seed",)

    def __init__(self, seed: int) -> None:
        self._seed = blake2b(str(seed).encode()).digest()  # a key of 64 bytes, however long the number is

    def mark(self, request_id: bytes) -> tuple[bytes, int]:
        """The id of the answer, and which of the texts it holds."""
        digest = blake2b(request_id, key=self._seed, digest_size=_ID_BYTES + 1).digest()
        return digest[:_ID_BYTES].hex().encode(), digest[_ID_BYTES] % VARIANTS

    def delays(self, request_id: bytes, first_ms: float, gap_ms: float, gaps: int, jitter: Jitter) -> list[int]:
        """Nanoseconds to the first byte, then of each gap. Gaps do not move the first byte, nor each other."""
        if jitter.kind == "none":
            return [int(first_ms * _NS_A_MS)] + [int(gap_ms * _NS_A_MS)] * gaps
        factors = map(jitter.factor, draws(self._seed, request_id, gaps + 1))
        nominal = [first_ms] + [gap_ms] * gaps
        return [int(ms * factor * _NS_A_MS) for ms, factor in zip(nominal, factors, strict=True)]


def request_id_of(orders: Orders, body: bytes) -> bytes:
    """The id that the request gives itself, else a digest of its body."""
    return orders.request_id or blake2b(body, digest_size=16).hexdigest().encode()


def fault_for(settings: Settings, orders: Orders, model: str, attempt: int, age_s: float) -> Fault | None:
    """The fault that strikes: the request's own, else the model's, else the server's."""
    for fault in (orders.fault, fault_of_model(model), settings.fault):
        if fault is not None:
            return fault if fault.strikes(attempt, age_s) else None
    return None


def plan_answer(
    dice: Dice,
    settings: Settings,
    orders: Orders,
    asked: Asked,
    request_id: bytes,
    body_bytes: int,
    fault: Fault | None,
) -> Plan:
    """The plan for a request that words are asked of."""
    mark, variant = dice.mark(request_id)
    tokens, is_cut_short = _tokens(settings, orders, asked)
    is_refusal = fault is not None and fault.behaviour.kind is Kind.REFUSAL
    if is_refusal:
        content = REFUSAL
    elif asked.script is not None:
        content = compose_script(asked.script, thinks=asked.thinks)
    else:
        calls = asked.calls[: orders.calls]
        content = compose(calls, asked.schema, tokens, variant, is_cut_short=is_cut_short, thinks=asked.thinks)
    first_ms, gap_ms = _pace(settings, orders, fault)
    gaps = len(content.pieces) - 1 if asked.stream and gap_ms else 0
    first_ns, *gaps_ns = dice.delays(request_id, first_ms, gap_ms, gaps, orders.jitter or settings.jitter)
    return Plan(
        mark,
        first_ns,
        tuple(gaps_ns),
        content,
        body_bytes // _BYTES_A_TOKEN,
        int(gap_ms * _NS_A_MS) if asked.stream else 0,
        _without_prefill(fault, asked.last),
        _strikes_at(fault, len(content.pieces)),
        _stall_ns(fault),
    )


def plan_plain(dice: Dice, settings: Settings, orders: Orders, request_id: bytes, fault: Fault | None) -> Plan:
    """The plan for a request whose answer has no words: embeddings, models, files."""
    mark, _ = dice.mark(request_id)
    first_ms, _ = _pace(settings, orders, fault)
    (first_ns,) = dice.delays(request_id, first_ms, 0.0, 0, orders.jitter or settings.jitter)
    return Plan(mark, first_ns, (), NO_WORDS, 0, 0, _without_prefill(fault, "question"), 0, _stall_ns(fault))


def _tokens(settings: Settings, orders: Orders, asked: Asked) -> tuple[int, bool]:
    wanted = orders.tokens or settings.tokens
    if asked.limit is not None and asked.limit < wanted:
        return asked.limit, True
    return wanted, False


def _pace(settings: Settings, orders: Orders, fault: Fault | None) -> tuple[float, float]:
    first_ms = settings.ttft_ms if orders.ttft_ms is None else orders.ttft_ms
    if fault is not None and fault.behaviour.kind is Kind.SLOW:
        first_ms = fault.number
    return first_ms, settings.gap_ms if orders.gap_ms is None else orders.gap_ms


def _strikes_at(fault: Fault | None, tokens: int) -> int:
    """Half way, unless a cut says where: two thirds of an answer by itself, 40 tokens of 60."""
    if fault is None or fault.behaviour.kind is not Kind.CUT:
        return tokens // 2
    return tokens * 2 // 3 if fault.number == UNSAID else min(tokens, int(fault.number))


def _stall_ns(fault: Fault | None) -> int:
    is_stall = fault is not None and fault.behaviour.kind is Kind.STALL
    return int(fault.number * _NS_A_MS) if fault is not None and is_stall else 0


def _without_prefill(fault: Fault | None, last: Last) -> Fault | None:
    if fault is not None and fault.behaviour.kind is Kind.PREFILL and last != "assistant":
        return None
    return fault
