import asyncio

import pytest

from gossamer.core.later import Later

Heard = list[Exception | None]


def test_whoever_waits_is_told_when_it_ends():
    later = Later()
    heard: Heard = []
    later.when_ended(heard.append)
    assert heard == []
    later.end()
    assert heard == [None]


def test_whoever_comes_late_is_told_at_once():
    later, error = Later(), ValueError("no")
    heard: Heard = []
    later.end(error)
    later.when_ended(heard.append)
    assert heard == [error]


async def wait_for(later: Later) -> None:
    await later


@pytest.mark.parametrize("is_late", [False, True])
async def test_it_can_be_awaited_too(is_late: bool):
    for error in (None, ValueError("no")):
        later = Later()
        if is_late:
            later.end(error)
        waiting = asyncio.create_task(wait_for(later))
        await asyncio.sleep(0)
        if not is_late:
            later.end(error)
        if error is None:
            await waiting
        else:
            with pytest.raises(ValueError, match="no"):
                await waiting


async def test_whoever_gave_up_waiting_is_not_told():
    later = Later()
    waiting = asyncio.create_task(wait_for(later))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    later.end()
