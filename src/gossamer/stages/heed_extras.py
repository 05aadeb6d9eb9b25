"""What few requests ask for: the answer that their Idempotency-Key has, and an answer that tells of itself.

A part of read_body, and no stage of its own: who asks for nothing of it pays one look.
"""

import re
from collections.abc import Awaitable
from typing import Final

from gossamer.core.caller import Extras
from gossamer.core.errors import InvalidRequest
from gossamer.core.exchange import Exchange
from gossamer.core.later import Later
from gossamer.stages.look_again import is_unchanged, look_again
from gossamer.stages.route import check_models

_KEY: Final = re.compile(rb"[!-~]{1,255}")
"""As long as Stripe takes them; a UUID has 36 characters."""


def heed_extras(exchange: Exchange, extras: Extras, body: bytes) -> Later | None:
    """`body` is what the client sent, before anything was added to it."""
    heeding = exchange.services.heeding
    if heeding is None:
        return None
    if extras.wants_metadata:
        heeding.tell_of_itself(exchange)
    key = extras.idempotency_key
    if key is None or not heeding.has_keys:
        return None
    if not _KEY.fullmatch(key):
        raise InvalidRequest(
            "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.", param="Idempotency-Key"
        )
    check_models(exchange)  # what another key of the same user was given is not for one that may not ask for it
    return heeding.claim(exchange, key, body, _look_again)


def _look_again(exchange: Exchange) -> Awaitable[None] | None:
    return None if is_unchanged(exchange) else _check_again(exchange)


async def _check_again(exchange: Exchange) -> None:
    await look_again(exchange)
    check_models(exchange)
