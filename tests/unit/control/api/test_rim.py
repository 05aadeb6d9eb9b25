"""However many come at once, few are worked on at a time, and who log in hold nobody else up."""

import asyncio
from collections import Counter

import pytest
from starlette.types import Message, Receive, Scope, Send

from gossamer.control.api.rim import MOST_AT_ONCE, InTurns


class App:
    """Counts who is in it, in each turn of the loop."""

    def __init__(self) -> None:
        self.inside: Counter[str] = Counter()
        self.goes_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside[scope["path"]] += 1
        if not scope["path"].startswith("/docs"):
            await self.goes_on.wait()


async def nothing() -> Message:
    return {}


async def nowhere(message: Message) -> None: ...


def come(app: InTurns, path: str, times: int) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(app({"type": "http", "path": path}, nothing, nowhere)) for _ in range(times)]


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("path", ["/admin/v1/keys", "/v1/auth/login"])
async def test_only_so_many_are_worked_on_at_a_time(path: str):
    app = App()
    coming = come(InTurns(app), path, 3 * MOST_AT_ONCE)
    await turns(5)
    assert app.inside[path] == MOST_AT_ONCE
    app.goes_on.set()
    await asyncio.gather(*coming)
    assert app.inside[path] == 3 * MOST_AT_ONCE


async def test_what_never_waits_leaves_the_loop_to_others_as_well():
    app = App()
    coming = come(InTurns(app), "/docs", 3 * MOST_AT_ONCE)
    await turns(1)
    assert app.inside["/docs"] == MOST_AT_ONCE
    await asyncio.gather(*coming)


async def test_who_logs_in_holds_nobody_up_and_readiness_waits_for_nobody():
    app = App()
    gate = InTurns(app)
    coming = come(gate, "/v1/auth/login", 2 * MOST_AT_ONCE)
    await turns(2)
    coming += come(gate, "/admin/v1/keys", 2 * MOST_AT_ONCE)
    await turns(2)
    assert app.inside["/admin/v1/keys"] == MOST_AT_ONCE
    coming += come(gate, "/readyz", 1)
    await turns(2)
    assert app.inside["/readyz"] == 1
    app.goes_on.set()
    await asyncio.gather(*coming)
