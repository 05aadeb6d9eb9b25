"""If-Match, and changes that meet each other."""

import pytest

from gossamer.control.api.refusals import VersionRequired
from gossamer.control.api.versions import asked_version, change_at, needed_version
from gossamer.control.store.errors import Conflict
from gossamer.core.errors import InvalidRequest


class Thing:
    def __init__(self, version: int) -> None:
        self.version = version


class Shelf:
    """Somebody else changes the thing between the first readings and the change."""

    def __init__(self, others: int) -> None:
        self.thing = Thing(1)
        self.others = others

    async def read(self) -> Thing:
        seen = self.thing
        if self.others:
            self.others -= 1
            self.thing = Thing(seen.version + 1)
        return seen

    async def change(self, seen: Thing) -> Thing:
        if seen.version != self.thing.version:
            raise Conflict(self.thing.version)
        self.thing = Thing(seen.version + 1)
        return self.thing


@pytest.mark.parametrize(("text", "version"), [('"3"', 3), (' "3" ', 3), ('W/"3"', 3), ("*", None), (None, None)])
def test_a_tag_is_a_version(text: str | None, version: int | None):
    assert asked_version(text) == version


@pytest.mark.parametrize("text", ["3", '"x"', '"1", "2"', "", '""', '"9999999999"'])
def test_another_text_is_none(text: str):
    with pytest.raises(InvalidRequest):
        asked_version(text)


def test_a_change_needs_one():
    with pytest.raises(VersionRequired):
        needed_version(None)
    assert needed_version("*") is None


async def test_a_change_for_one_version_is_not_made_for_another():
    shelf = Shelf(others=1)
    with pytest.raises(Conflict):
        await change_at(1, shelf.read, shelf.change)
    assert shelf.thing.version == 2
    with pytest.raises(Conflict) as stale:
        await change_at(1, shelf.read, shelf.change)
    assert stale.value.version == 2


async def test_a_change_for_any_version_is_made_for_what_is_there():
    shelf = Shelf(others=3)
    assert (await change_at(None, shelf.read, shelf.change)).version == 5


async def test_it_does_not_try_for_ever():
    shelf = Shelf(others=1000)
    with pytest.raises(Conflict):
        await change_at(None, shelf.read, shelf.change)
    assert shelf.others == 995
