"""An answer that says in its body what it cost, how long it took and who gave it, for whoever asked to be told so.

Only a whole answer that is a JSON object of a dialect that the gateway knows: a stream, a refusal and all that is
compressed go out as they are. What stands in it already keeps its name and its bytes.
"""

from typing import Final

import msgspec

from gossamer.core.allowance import NANOS_PER_USD
from gossamer.core.errors import InvalidRequest
from gossamer.core.exchange import Exchange
from gossamer.delivery.between import Between
from gossamer.dialects.members import JsonObject
from gossamer.policy.cache_key import MUTE

_OK: Final = 200
_JSON: Final = b"content-type: application/json"
_OF_THE_BYTES: Final = (b"\ncontent-encoding:", b"\ncontent-digest:", b"\nrepr-digest:", b"\netag:", b"\ncontent-md5:")
_NAME: Final = "metadata"
_OTHER_NAME: Final = "gossamer_metadata"
"""Where the answer has a `metadata` of its own, as responses have."""
_NS_PER_MS: Final = 1_000_000
_WORDS: Final = {"l1": "hit-l1", "flight": "hit-l1", "l2": "hit-l2", "idempotent": "replayed"}
_encode: Final = msgspec.json.Encoder().encode


class Metadata(msgspec.Struct, frozen=True):
    """`cost_usd` is None where nobody knows: there is no price, or no usage was told."""

    request_id: str
    cache: str | None
    target: str | None
    provider: str | None
    latency_ms: float
    cost_usd: str | None


class Telling(Between):
    """Adds to the answer when it passes."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._exchange: Exchange | None = exchange

    def reply(self, status: int, headers: bytes, body: bytes) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None and status == _OK and _may_be_told(exchange, headers):
            body = _told(exchange, body)
        super().reply(status, headers, body)

    def end(self) -> None:
        self._exchange = None
        super().end()

    def client_gone(self) -> None:
        self._exchange = None
        super().client_gone()


def _may_be_told(exchange: Exchange, headers: bytes) -> bool:
    lowered = b"\n" + headers.lower()
    return (
        exchange.caller.endpoint.dialect in MUTE
        and b"\n" + _JSON in lowered
        and not any(line in lowered for line in _OF_THE_BYTES)
    )


def _told(exchange: Exchange, body: bytes) -> bytes:
    try:
        answer = JsonObject(body)
        name = _NAME if _NAME not in answer.members else _OTHER_NAME
        return body if name in answer.members else answer.replaced({name: _encode(metadata_of(exchange))})
    except InvalidRequest:
        return body  # it is no object, or no good one


def metadata_of(exchange: Exchange) -> Metadata:
    """As its record says it."""
    stamps, target, cached = exchange.stamps, exchange.target, exchange.cached
    total_ns = stamps[-1] - stamps[0]
    label = target.label if target is not None else None
    tier = cached.tier if cached is not None else None
    return Metadata(
        exchange.request_id,
        _WORDS.get(tier, tier) if tier is not None else None,
        label,
        label.partition("/")[0] if label is not None else None,
        total_ns / _NS_PER_MS,
        _cost_of(exchange),
    )


def _cost_of(exchange: Exchange) -> str | None:
    target, usage = exchange.target, exchange.usage
    if target is None:
        return None
    if not exchange.sent_ns:
        return "0"
    if target.price is None or usage is None:
        return None
    nanos = target.price.cost(usage)
    return f"{nanos // NANOS_PER_USD}.{nanos % NANOS_PER_USD:09}"
