"""Purges of the cache: nothing is stored but that they were, which is told to all workers of all nodes."""

from gossamer.control.nouns import Actor
from gossamer.control.store.part import Part
from gossamer.core.purge import Purge, PurgeBy


class Purges(Part):
    """What workers must forget of what they were told to keep."""

    async def purge(self, actor: Actor, by: PurgeBy, name: str) -> None:
        """Whether there is such a thing nobody asks: entries may outlive it."""
        async with self._database.change(actor) as change:
            change.touch("purge", Purge(change.now.timestamp(), by, name).text)
            await change.note("cache.purge", None, owner=None, after={"by": by, "name": name})
