"""Who has waited for what somebody else paid is looked at again before it is given: its key may have been revoked."""

import asyncio
from collections.abc import Awaitable, Callable

Then = Callable[[], None]
Refused = Callable[[Exception], None]


def ask_whether_allowed(asked: Awaitable[None], then: Then, refused: Refused) -> asyncio.Task[None]:
    """`asked` as a LookAgain gives it. A defect is a refusal, too: it ends this one alone."""
    return asyncio.ensure_future(_ask(asked, then, refused))


async def _ask(asked: Awaitable[None], then: Then, refused: Refused) -> None:
    try:
        await asked
        then()
    except Exception as error:  # noqa: BLE001 - a refusal, or a defect
        refused(error)
