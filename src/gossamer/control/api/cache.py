"""/admin/v1/cache: what is to be forgotten. An admin's alone. What is kept lies with the workers, and is not shown."""

from fastapi import APIRouter

from gossamer.control.api.caller import Asking
from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import refused
from gossamer.control.api.shapes.cache import PurgeIn
from gossamer.core.errors import InvalidRequest

routes = APIRouter(prefix="/admin/v1/cache", tags=["cache"])


@routes.post(
    "/purge",
    operation_id="purge_cache",
    summary="Forget answers that are kept",
    status_code=204,
    responses=refused(400, 401, 403, 503),
)
async def purge_cache(caller: Asking, desk: AtDesk, asked: PurgeIn) -> None:
    """All workers of all nodes do within a second. An answer that is on its way is given, and not kept."""
    caller.must_be_admin("purge the cache")
    if (asked.by == "all") != (asked.name == ""):
        raise InvalidRequest("Name what is meant; with `all`, nothing.", param="name")
    await desk.store.purge(caller.actor, asked.by, asked.name)
