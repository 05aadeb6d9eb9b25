"""/admin/v1/invites. An admin's alone."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from gossamer.control.api.caller import Asking
from gossamer.control.api.desk import AtDesk
from gossamer.control.api.openapi import refused
from gossamer.control.api.shapes.invites import InviteMade, InviteNew, InviteOut
from gossamer.control.api.shapes.pages import PageAsk, PageOut
from gossamer.control.api.shapes.values import Id
from gossamer.control.tokens import digest_of, new_secret

CODE_PREFIX: Final = "gsi_"

routes = APIRouter(prefix="/admin/v1/invites", tags=["invites"])


@routes.get("", operation_id="list_invites", summary="List invites", responses=refused(400, 401, 403, 503))
async def list_invites(caller: Asking, desk: AtDesk, ask: Annotated[PageAsk, Query()]) -> PageOut[InviteOut]:
    """Those that were used and those that are past too."""
    caller.must_be_admin("see invites")
    listing = await desk.store.invites(ask.page)
    return PageOut(data=list(map(InviteOut.of, listing.items)), next=listing.next)


@routes.post(
    "", operation_id="create_invite", summary="Invite somebody", status_code=201, responses=refused(400, 401, 403, 503)
)
async def create_invite(caller: Asking, desk: AtDesk, asked: InviteNew) -> InviteMade:
    """Its `code` is in this answer and nowhere else. It is good where `auth.registration` is `invite` or `open`."""
    caller.must_be_admin("invite people")
    code = CODE_PREFIX + new_secret()
    expires_at = desk.moment() + timedelta(days=asked.days)
    invite = await desk.store.add_invite(
        caller.actor, digest_of(code), expires_at=expires_at, role=asked.role, email=asked.email
    )
    return InviteMade.with_code(invite, code)


@routes.delete(
    "/{invite_id}",
    operation_id="remove_invite",
    summary="Take an invite back",
    status_code=204,
    responses=refused(400, 401, 403, 404, 503),
)
async def remove_invite(caller: Asking, desk: AtDesk, invite_id: Id) -> None:
    """The user that a used invite became stays."""
    caller.must_be_admin("take invites back")
    await desk.store.remove_invite(caller.actor, invite_id)
