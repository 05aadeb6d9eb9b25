"""In which session a request is: its own, or the one that its answer names."""

from gossamer.core.exchange import Exchange
from gossamer.core.house import house_of, session_digest
from gossamer.core.record import ID_PREFIX_CHARS, MINTED_SESSION


def session_name_of(exchange: Exchange) -> str:
    return exchange.caller.session or MINTED_SESSION + exchange.id[ID_PREFIX_CHARS:]


def session_of(exchange: Exchange) -> str:
    """Its digest: what was kept of it is found by that."""
    claims = exchange.claims
    assert claims is not None, "nobody else is answered by a provider"
    return session_digest(house_of(claims.user_id, claims.key_id), session_name_of(exchange))
