"""/admin/v1/routes: names that lead to several targets. An admin's alone.

Those of the configuration are not here and cannot be changed here, so that what stands in the file stays true.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from gossamer.config.routes import RouteSettings
from gossamer.config.rules import problems_of_route
from gossamer.control.api.caller import Asking
from gossamer.control.api.desk import AtDesk, Desk
from gossamer.control.api.openapi import VERSIONED, refused
from gossamer.control.api.refusals import RouteInFile
from gossamer.control.api.shapes.pages import PageAsk, PageOut
from gossamer.control.api.shapes.routes import RouteIn, RouteName, RouteOut
from gossamer.control.api.versions import IfMatch, asked_version, change_at, needed_version, show_version
from gossamer.control.nouns import StoredRoute
from gossamer.control.store.errors import Missing
from gossamer.control.tokens import new_id
from gossamer.core.errors import InvalidRequest

routes = APIRouter(prefix="/admin/v1/routes", tags=["routes"])

Name = Annotated[RouteName, Path(description="What clients ask for as `model`.")]


@routes.get("", operation_id="list_routes", summary="List routes", responses=refused(400, 401, 403, 503))
async def list_routes(caller: Asking, desk: AtDesk, ask: Annotated[PageAsk, Query()]) -> PageOut[RouteOut]:
    """Those that were made here, not those of the configuration."""
    caller.must_be_admin("see routes")
    listing = await desk.store.routes(ask.page)
    return PageOut(data=list(map(RouteOut.of, listing.items)), next=listing.next)


@routes.get(
    "/{route_name}",
    operation_id="get_route",
    summary="Show a route",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 503)},
)
async def get_route(caller: Asking, desk: AtDesk, route_name: Name, response: Response) -> RouteOut:
    """The ETag is for a change."""
    caller.must_be_admin("see routes")
    route = await desk.store.route(route_name)
    show_version(response, route)
    return RouteOut.of(route)


@routes.put(
    "/{route_name}",
    operation_id="put_route",
    summary="Make a route, or replace it",
    responses={**VERSIONED, 201: VERSIONED[200], **refused(400, 401, 403, 404, 409, 412, 428, 503)},
)
async def put_route(
    caller: Asking, desk: AtDesk, route_name: Name, asked: RouteIn, response: Response, if_match: IfMatch = None
) -> RouteOut:
    """A new one needs no If-Match; one that there is needs it. In force with all workers within a second."""
    caller.must_be_admin("change routes")
    settings = asked.settings
    _check(desk, route_name, settings)
    if if_match is None and not await _exists(desk, route_name):
        now = desk.moment()
        route = StoredRoute(id=new_id(), name=route_name, route=settings, created_at=now, updated_at=now)
        route = await desk.store.add_route(caller.actor, route)
        response.status_code = 201
    else:
        version = needed_version(if_match)

        async def change(route: StoredRoute) -> StoredRoute:
            return await desk.store.change_route(caller.actor, route_name, settings, route.version)

        route = await change_at(version, lambda: desk.store.route(route_name), change)
    show_version(response, route)
    return RouteOut.of(route)


@routes.delete(
    "/{route_name}",
    operation_id="remove_route",
    summary="Remove a route",
    status_code=204,
    responses=refused(400, 401, 403, 404, 412, 503),
)
async def remove_route(caller: Asking, desk: AtDesk, route_name: Name, if_match: IfMatch = None) -> None:
    """Requests that are under way go on."""
    caller.must_be_admin("remove routes")
    await desk.store.remove_route(caller.actor, route_name, asked_version(if_match))


async def _exists(desk: Desk, name: str) -> bool:
    try:
        await desk.store.route(name)
    except Missing:
        return False
    return True


def _check(desk: Desk, name: str, settings: RouteSettings) -> None:
    """Whatever the reader of the file would say of it."""
    if name in desk.names_in_file:
        raise RouteInFile(f"{name} stands in the configuration, which nothing here overrides. Change it there.")
    for number, one in enumerate(settings.all_targets):
        provider = one.target.partition("/")[0]
        if provider not in desk.providers:
            known = ", ".join(sorted(desk.providers))
            raise InvalidRequest(f"There is no such provider. Known: {known}.", param=f"targets.{number}.target")
    for field, wrong, allowed in problems_of_route(settings):
        raise InvalidRequest(f"{wrong}: {allowed}.", param=field)
