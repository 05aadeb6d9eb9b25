"""/admin/v1/traces: finished requests, searched. The recorder writes them; here they are only read."""

from collections.abc import Awaitable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from gossamer.control.api.caller import Asking
from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import refused
from gossamer.control.api.shapes.pages import PageOut
from gossamer.control.api.shapes.traces import TraceAsk, TraceOut, place_text
from gossamer.control.api.shapes.values import Id
from gossamer.core.errors import NotFound, Unavailable
from gossamer.projections.traces.reader import TracesAway

Found = TypeVar("Found")

routes = APIRouter(prefix="/admin/v1/traces", tags=["traces"])


@routes.get("", operation_id="list_traces", summary="Search traces", responses=refused(400, 401, 403, 503))
async def list_traces(caller: Asking, desk: AtDesk, ask: Annotated[TraceAsk, Query()]) -> PageOut[TraceOut]:
    """A member finds what its own keys asked. Half a second after its end a request is there. A page may be short, and
    even empty, where there is more, since a search for a text reads for a tenth of a second: follow `next`.
    """
    page = await _asked(desk.traces.page(ask.query(caller.owner)))
    more = None if page.rest is None else place_text(page.rest)
    return PageOut(data=[TraceOut.of(trace) for trace in page.traces], next=more)


@routes.get("/{trace_id}", operation_id="read_trace", summary="One trace", responses=refused(401, 403, 404, 503))
async def read_trace(trace_id: Id, caller: Asking, desk: AtDesk) -> TraceOut:
    """By the gateway's own id, which `list_traces` gives. Another's is not there."""
    found = await _asked(desk.traces.trace(trace_id))
    if found is None or (caller.owner is not None and found.record.user != caller.owner):
        raise NotFound("There is no such trace, or not any more. Look for it with GET /admin/v1/traces.")
    return TraceOut.of(found, is_whole=True)


async def _asked(answer: Awaitable[Found]) -> Found:
    try:
        return await answer
    except TracesAway as error:
        raise Unavailable(f"The traces cannot be read ({error}). Try again.", retry_after_s=1.0) from error
