"""Routes: names that lead to several targets. All of them are few, and read at once by whoever needs one."""

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row

from gossamer.config.routes import RouteSettings
from gossamer.control.nouns import Actor, StoredRoute
from gossamer.control.store.errors import Missing, Taken
from gossamer.control.store.page import FIRST_PAGE, Listing, Page
from gossamer.control.store.part import Part, check_version, difference, plain
from gossamer.control.store.tables import EPOCH, ROUTES
from gossamer.control.store.transaction import Change
from gossamer.feed.messages import RouteGrant

COLUMNS: Final = tuple(ROUTES.c[name] for name in StoredRoute.__struct_fields__)

_ALL: Final = sa.select(EPOCH.c.value.label("revision"), ROUTES.c.name, ROUTES.c.route).select_from(
    EPOCH.outerjoin(ROUTES, sa.true())
)
"""At least one row, for the revision."""


class Routes(Part):
    """The routes of the store."""

    async def add_route(self, actor: Actor, route: StoredRoute) -> StoredRoute:
        """Kept as given, at version 1. Raises Taken("name")."""
        async with self._database.change(actor) as change:
            route = msgspec.structs.replace(route, version=1)
            if await change.row(sa.select(ROUTES.c.id).where(ROUTES.c.name == route.name)):
                raise Taken("name")
            await change.run(sa.insert(ROUTES).values(**_values(route)))
            change.touch("route", route.id)
            await change.note("route.create", route.id, owner=None, after=plain(route))
            return route

    async def route(self, name: str) -> StoredRoute:
        """Raises Missing."""
        row = await self._database.row(sa.select(*COLUMNS).where(ROUTES.c.name == name))
        if row is None:
            raise Missing("route", name)
        return route_of(row)

    async def routes(self, page: Page = FIRST_PAGE) -> Listing[StoredRoute]:
        return await self._listing(sa.select(*COLUMNS), ROUTES.c.id, page, route_of)

    async def change_route(
        self, actor: Actor, name: str, settings: RouteSettings, version: int | None = None
    ) -> StoredRoute:
        """Raises Missing, Conflict."""
        async with self._database.change(actor) as change:
            before = await _held(change, name)
            check_version(before, version)
            if before.route == settings:
                return before
            after = msgspec.structs.replace(before, route=settings, updated_at=change.now, version=before.version + 1)
            await change.run(sa.update(ROUTES).where(ROUTES.c.id == after.id).values(**_values(after)))
            change.touch("route", after.id)
            old, new = difference(before, after)
            await change.note("route.update", after.id, owner=None, before=old, after=new)
            return after

    async def remove_route(self, actor: Actor, name: str, version: int | None = None) -> None:
        """Raises Missing, Conflict."""
        async with self._database.change(actor) as change:
            before = await _held(change, name)
            check_version(before, version)
            await change.run(sa.delete(ROUTES).where(ROUTES.c.id == before.id))
            change.touch("route", before.id)
            await change.note("route.remove", before.id, owner=None, before=plain(before))

    async def grants_of_routes(self) -> tuple[int, dict[str, RouteGrant]]:
        """What workers need of all of them, by name, and the revision at which that was so."""
        rows = await self._database.rows(_ALL)
        return int(rows[0].revision), {row.name: _grant(row.route) for row in rows if row.name is not None}


def route_of(row: Row[Any]) -> StoredRoute:
    return StoredRoute(**row._asdict())


def _values(route: StoredRoute) -> dict[str, Any]:
    return {name: getattr(route, name) for name in route.__struct_fields__}


async def _held(change: Change, name: str) -> StoredRoute:
    row = await change.row(sa.select(*COLUMNS).where(ROUTES.c.name == name))
    if row is None:
        raise Missing("route", name)
    return route_of(row)


def _grant(route: RouteSettings) -> RouteGrant:
    return RouteGrant(
        targets=tuple((one.target, one.weight, one.priority) for one in route.all_targets),
        strategy=route.strategy,
        sticky=route.sticky,
        retries=route.retries,
        deadline_s=route.deadline_s,
    )
