import asyncio
from collections.abc import Callable

from gossamer.control.store.bell import Bell


class Attendant:
    """Hears of others while it is there."""

    def __init__(self) -> None:
        self.calls = 0
        self.is_there = False
        self.ring: Callable[[], None] = lambda: None

    async def attend(self, ring: Callable[[], None]) -> None:
        self.calls += 1
        self.is_there, self.ring = True, ring
        try:
            await asyncio.Event().wait()
        finally:
            self.is_there = False


async def test_a_ring_is_heard_by_all_who_listen_and_kept_for_who_is_busy():
    bell = Bell(Attendant().attend)
    with bell.listening() as one, bell.listening() as other:
        bell.ring()
        assert one.is_set()
        assert other.is_set()
        one.clear()
        bell.ring()
        assert one.is_set()
    bell.ring()
    await bell.close()


async def test_others_are_listened_to_while_anybody_waits_and_only_once():
    attendant = Attendant()
    bell = Bell(attendant.attend)
    with bell.listening() as ear, bell.listening():
        await asyncio.sleep(0)
        attendant.ring()
        assert ear.is_set()
        assert attendant.calls == 1
    await asyncio.sleep(0)
    assert not attendant.is_there
    with bell.listening():
        await asyncio.sleep(0)
        assert attendant.calls == 2
    await asyncio.sleep(0)


async def test_when_it_is_closed_all_are_woken_and_nobody_attends_any_more():
    attendant = Attendant()
    bell = Bell(attendant.attend)
    with bell.listening() as ear:
        await asyncio.sleep(0)
        await bell.close()
        assert ear.is_set()
        assert bell.is_closed
        assert not attendant.is_there
    with bell.listening():
        await asyncio.sleep(0)
        assert attendant.calls == 1
