"""/v1/auth: registering, logging in and out. Everything here is slowed for whoever guesses."""

from datetime import timedelta

from fastapi import APIRouter, Request

from gossamer.control.api.address import address_of
from gossamer.control.api.caller import LOGIN_PREFIX, Asking
from gossamer.control.api.desk import AtDesk, Desk, too_many
from gossamer.control.api.openapi import refused
from gossamer.control.api.passwords import check_password
from gossamer.control.api.refusals import RegistrationClosed, WrongCredentials
from gossamer.control.api.shapes.auth import LoggedIn, LogIn, Register
from gossamer.control.api.shapes.users import UserOut
from gossamer.control.nouns import Actor, User
from gossamer.control.store.errors import Closed, Missing
from gossamer.control.tokens import digest_of, new_secret
from gossamer.core.errors import InvalidRequest

routes = APIRouter(prefix="/v1/auth", tags=["auth"])


@routes.post(
    "/register",
    operation_id="register",
    summary="Become a user",
    status_code=201,
    responses=refused(400, 403, 409, 429, 503),
)
async def register(desk: AtDesk, asked: Register, request: Request) -> LoggedIn:
    """The first one becomes an admin, and is logged in at once, as all are. Then `auth.registration` says who may."""
    address = address_of(request)
    wait_s = desk.registrations.wait_s(address, desk.now())
    if wait_s > 0:
        raise too_many("Too many registrations came from your address", wait_s)
    desk.registrations.take(address, desk.now())
    user = await _register(desk, Actor(kind="user", address=address), asked)
    return await _log_in(desk, user, address)


async def _register(desk: Desk, actor: Actor, asked: Register) -> User:
    email, password = asked.email, asked.password.get_secret_value()
    try:
        return await desk.store.add_first_user(actor, email=email, password=password)
    except Closed:
        registration = desk.auth.registration
    if registration == "closed":
        raise RegistrationClosed("Nobody can register here by themselves. Ask an admin to add you.")
    if asked.invite is not None:
        invite = digest_of(asked.invite.get_secret_value())
        return await desk.store.add_invited_user(actor, email=email, password=password, invite=invite)
    if registration == "invite":
        raise RegistrationClosed("Registering here needs an invite. Ask an admin for one.", param="invite")
    return await desk.store.add_user(actor, email=email, password=password)


@routes.post("/login", operation_id="log_in", summary="Log in", responses=refused(400, 401, 429, 503))
async def log_in(desk: AtDesk, asked: LogIn, request: Request) -> LoggedIn:
    """Wrong passwords are slowed per address and per account; right ones are never counted."""
    address = address_of(request)
    user = await check_password(desk, asked.email, asked.password, address)
    if user is None:
        await _note_failure(desk, asked.email, address)
        raise WrongCredentials(
            "Address and password do not go together. Try again, or ask an admin for a new password."
        )
    return await _log_in(desk, user, address)


async def _note_failure(desk: Desk, email: str, address: str) -> None:
    """Whose account it was meant for, that user may see."""
    meant = await desk.store.user_by_email(email)
    user_id = meant.id if meant else None
    actor = Actor(kind="user", address=address)
    await desk.store.note_event(actor, "login.fail", user_id, owner=user_id, after={"email": email})


async def _log_in(desk: Desk, user: User, address: str) -> LoggedIn:
    token = LOGIN_PREFIX + new_secret()
    expires_at = desk.moment() + timedelta(seconds=desk.auth.login_ttl_s)
    actor = Actor(kind="user", id=user.id, user_id=user.id, role=user.role, address=address)
    try:
        await desk.store.add_login(actor, user.id, digest_of(token), expires_at)
    except Missing:  # deactivated in this very moment
        raise WrongCredentials("This account is not active any more. Ask an admin.") from None
    desk.note_token(digest_of(token), is_good=True)
    return LoggedIn(token=token, expires_at=expires_at, user=UserOut.of(user))


@routes.post(
    "/logout", operation_id="log_out", summary="Log out", status_code=204, responses=refused(400, 401, 429, 503)
)
async def log_out(caller: Asking, desk: AtDesk) -> None:
    """The token that is shown is no good any more."""
    if caller.login is None:
        raise InvalidRequest("Only a log-in can be logged out. A key is revoked: POST /admin/v1/keys/{id}/revoke.")
    await desk.store.end_login(caller.actor, caller.login)
