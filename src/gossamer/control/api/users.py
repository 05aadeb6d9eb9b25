"""/admin/v1/users. A member sees itself, and changes its own address and password; everything else is an admin's."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from msgspec import UNSET
from pydantic import SecretStr

from gossamer.control.api.address import address_of
from gossamer.control.api.caller import Asking, Caller
from gossamer.control.api.desk import AtDesk, Desk
from gossamer.control.api.openapi import VERSIONED, refused
from gossamer.control.api.passwords import check_password
from gossamer.control.api.refusals import Forbidden, WrongPassword
from gossamer.control.api.shapes.pages import PageOut
from gossamer.control.api.shapes.users import UserAsk, UserChange, UserNew, UserOut
from gossamer.control.api.shapes.values import Id
from gossamer.control.api.versions import IfMatch, asked_version, change_at, needed_version, show_version
from gossamer.control.nouns import User
from gossamer.control.store.edits import UserEdit
from gossamer.core.allowance import UNLIMITED

OWN: Final = frozenset({"email", "password", "current_password"})
"""What a member may change of itself; it proves by its password that the token was not found somewhere."""

routes = APIRouter(prefix="/admin/v1/users", tags=["users"])


@routes.get("", operation_id="list_users", summary="List users", responses=refused(400, 401, 403, 503))
async def list_users(caller: Asking, desk: AtDesk, ask: Annotated[UserAsk, Query()]) -> PageOut[UserOut]:
    """A member finds only itself."""
    listing = await desk.store.users(ask.page, ask.filters, owner=caller.owner)
    return PageOut(data=list(map(UserOut.of, listing.items)), next=listing.next)


@routes.post(
    "", operation_id="create_user", summary="Add a user", status_code=201, responses=refused(400, 401, 403, 409, 503)
)
async def create_user(caller: Asking, desk: AtDesk, asked: UserNew, response: Response) -> UserOut:
    """Only an admin may. Whoever comes by themselves uses `POST /v1/auth/register`."""
    caller.must_be_admin("add users")
    user = await desk.store.add_user(
        caller.actor,
        email=asked.email,
        password=asked.password.get_secret_value(),
        role=asked.role,
        limits=asked.limits.over(UNLIMITED),
    )
    show_version(response, user)
    return UserOut.of(user)


@routes.get(
    "/{user_id}",
    operation_id="get_user",
    summary="Show a user",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 503)},
)
async def get_user(caller: Asking, desk: AtDesk, user_id: Id, response: Response) -> UserOut:
    """The ETag is for a change."""
    user = await desk.store.user(user_id, owner=caller.owner)
    show_version(response, user)
    return UserOut.of(user)


@routes.patch(
    "/{user_id}",
    operation_id="change_user",
    summary="Change a user",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 409, 412, 428, 429, 503)},
)
async def change_user(
    caller: Asking,
    desk: AtDesk,
    user_id: Id,
    asked: UserChange,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> UserOut:
    """What is left out stays, within `limits` too. A new password ends all log-ins of the user."""
    version = needed_version(if_match)

    async def read() -> User:
        return await desk.store.user(user_id, owner=caller.owner)

    async def change(user: User) -> User:
        edit = _edit_of(asked, user)
        return await desk.store.change_user(caller.actor, user_id, edit, user.version, owner=caller.owner)

    await _may_change(caller, desk, await read(), asked, address_of(request))
    user = await change_at(version, read, change)
    show_version(response, user)
    return UserOut.of(user)


@routes.delete(
    "/{user_id}",
    operation_id="remove_user",
    summary="Deactivate a user",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 409, 412, 503)},
)
async def remove_user(
    caller: Asking, desk: AtDesk, user_id: Id, response: Response, if_match: IfMatch = None
) -> UserOut:
    """It stays, with `is_active: false`, for the audit's sake.

    Its log-ins end; its keys and agents stay as they are and are refused. `PATCH` with `is_active: true` brings it
    back, and with it all of its keys that are not revoked.
    """
    await desk.store.user(user_id, owner=caller.owner)
    caller.must_be_admin("deactivate users")
    user = await desk.store.remove_user(caller.actor, user_id, asked_version(if_match), owner=caller.owner)
    show_version(response, user)
    return UserOut.of(user)


async def _may_change(caller: Caller, desk: Desk, user: User, asked: UserChange, address: str) -> None:
    if caller.actor.kind == "operator":
        return
    said = asked.model_fields_set
    if not caller.is_admin and (others := sorted(said - OWN)):
        raise Forbidden(f"Only an admin may change {others[0]}. Ask one.", param=others[0])
    if user.id == caller.actor.user_id and said & {"email", "password"}:
        await _must_know_password(desk, user, asked.current_password, address)


async def _must_know_password(desk: Desk, user: User, given: SecretStr | None, address: str) -> None:
    if given is None:
        raise WrongPassword("Send current_password as well: it is your own account.", param="current_password")
    if await check_password(desk, user.email, given, address) is None:
        raise WrongPassword("This is not your current password.", param="current_password")


def _edit_of(asked: UserChange, user: User) -> UserEdit:
    return UserEdit(
        email=UNSET if asked.email is None else asked.email,
        role=UNSET if asked.role is None else asked.role,
        is_active=UNSET if asked.is_active is None else asked.is_active,
        limits=UNSET if asked.limits is None else asked.limits.over(user.limits),
        password=UNSET if asked.password is None else asked.password.get_secret_value(),
    )
