"""/admin/v1/audit: who changed what. Events are read, never written, here."""

from typing import Annotated

from fastapi import APIRouter, Query

from gossamer.control.api.caller import Asking
from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import refused
from gossamer.control.api.shapes.audit import EventAsk, EventOut
from gossamer.control.api.shapes.pages import PageOut

routes = APIRouter(prefix="/admin/v1/audit", tags=["audit"])


@routes.get("", operation_id="list_events", summary="List audit events", responses=refused(400, 401, 403, 503))
async def list_events(caller: Asking, desk: AtDesk, ask: Annotated[EventAsk, Query()]) -> PageOut[EventOut]:
    """A member finds what was done to itself, its keys and its agents; of who did it, only what they are."""
    listing = await desk.store.events(ask.page, ask.filters, owner=caller.owner)
    return PageOut(data=[EventOut.of(event, caller.actor) for event in listing.items], next=listing.next)
