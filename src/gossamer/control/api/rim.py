"""What stands around the whole app, in plain ASGI: bodies are small, what is answered may be kept by nobody unless it
says so itself, and few requests are worked on at a time.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gossamer.policy.admission import MOST_CONTROL_BODY_BYTES

MOST_AT_ONCE: Final = 8
"""Each takes the loop for about a millisecond, in several pieces. Between the pieces of a hundred others a question to
the store takes seconds, a worker's look-up and a revocation included: a flood that needs no token did that."""
_LOG_INS: Final = "/v1/auth/"
"""They wait for passwords to be checked, and must hold nobody else up."""
_AT_ONCE: Final = frozenset({"/healthz", "/readyz"})

_AS_IT_IS_CALLED: Final = (b"x-content-type-options", b"nosniff")
_UNKEPT: Final = (b"cache-control", b"no-store")


class Unkept:
    """Tokens are in some answers, people in most: what may be kept, the files of the dashboard, says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                is_told = any(name == _UNKEPT[0] for name, _ in own)
                message["headers"] = [*own, *(() if is_told else (_UNKEPT,)), _AS_IT_IS_CALLED]
            await send(message)

        await self._app(scope, receive, send_marked if scope["type"] == "http" else send)


class SmallBodies:
    """Counted as they come: a length may be missing, or a lie."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_CONTROL_BODY_BYTES:
                # Of the kind that no reader of bodies takes for a mistake in the JSON.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self._app(scope, receive_counted if scope["type"] == "http" else receive, send)


class InTurns:
    """Whoever comes while enough are worked on waits, first come, first served."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log_ins = asyncio.Semaphore(MOST_AT_ONCE)
        self._others = asyncio.Semaphore(MOST_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path in _AT_ONCE:
            await self._app(scope, receive, send)
            return
        async with self._log_ins if path.startswith(_LOG_INS) else self._others:
            await self._app(scope, receive, send)
            # One that never waits would let the next one in within the same turn of the loop.
            await asyncio.sleep(0)
