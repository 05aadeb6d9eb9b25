"""The ways in which only the admin API refuses, and how what the store says becomes one. No request is looked at here.

Those that a gateway's paths know as well are in gossamer.core.errors.
"""

from collections.abc import Collection
from typing import Final

from gossamer.control.store.errors import (
    Closed,
    Conflict,
    InUse,
    LastAdmin,
    Missing,
    NothingEarlier,
    StoreError,
    StoreUnavailable,
    Taken,
    Unfilled,
    Unfit,
)
from gossamer.core.errors import CallerError, GatewayError, InternalError, InvalidRequest, NotFound, Unavailable

RETRY_AFTER_S = 1.0
"""An outage of the store may be over at any moment; whoever asks each second does no harm."""

_MEMBERS: Final = {"user": "user_id", "agent": "agents", "directive": "directive_id"}
"""Where a body names a thing of another noun."""


class WrongCredentials(CallerError):
    """Which of address and password was wrong, or whether there is such a user, is nobody's to learn."""

    status = 401
    code = "invalid_credentials"
    kind = "authentication_error"


class Forbidden(CallerError):
    """Theirs to see, but not to do. What they may not see is NotFound."""

    status = 403
    code = "forbidden"
    kind = "permission_error"


class WrongPassword(Forbidden):
    code = "wrong_password"


class RegistrationClosed(Forbidden):
    code = "registration_closed"


class MethodNotAllowed(CallerError):
    status = 405
    code = "method_not_allowed"


class AlreadyTaken(CallerError):
    status = 409
    code = "already_taken"


class RouteInFile(CallerError):
    """What the configuration says stays true: its names are changed where they stand."""

    status = 409
    code = "route_in_file"


class StillInUse(CallerError):
    status = 409
    code = "in_use"


class NoWayBack(CallerError):
    status = 409
    code = "nothing_earlier"


class LastAdminStays(CallerError):
    status = 409
    code = "last_admin"


class VersionConflict(CallerError):
    status = 412
    code = "version_conflict"


class VersionRequired(CallerError):
    status = 428
    code = "version_required"


def refusal_of(error: StoreError, in_path: Collection[str] = ()) -> GatewayError:
    """What the client is told. Nothing of the store's own words leaves: they may name hosts and files.

    `in_path`: the ids that the path names; what else is missing was named in the body.
    """
    match error:
        case Missing(noun=noun, thing_id=thing_id):
            where = f"GET /admin/v1/{noun}s lists those that you may see."
            if noun == "directive version":
                where = "GET /admin/v1/directives/ID/versions lists those that there are."
            param = None if thing_id in in_path else _MEMBERS.get(noun)
            return NotFound(f"There is no {noun} {thing_id} that you may see. {where}", param=param)
        case Conflict(version=version):
            return VersionConflict(
                f"It has changed since you read it, and is at version {version} now. GET it again and repeat the "
                f'change with If-Match: "{version}", if you still want it.'
            )
        case Taken(what=what):
            return AlreadyTaken(f"This {what} is somebody's already. Choose another.", param=what)
        case LastAdmin():
            return LastAdminStays("This is the last active admin. Make somebody else an admin first.")
        case Closed():
            return RegistrationClosed(
                "Registration is closed, or this invite is none that is good. Ask an admin for one."
            )
        case InUse(noun=noun, thing_id=thing_id):
            return StillInUse(f"The {noun} {thing_id} has it, and perhaps others. Change that first.")
        case NothingEarlier():
            return NoWayBack("No version was in force before this one. Activate the one that you want by its number.")
        case Unfilled(agent_id=agent_id, names=names):
            return InvalidRequest(
                f"The agent {agent_id} has no {', '.join(names)} in its metadata, which the directive needs. "
                "Set it there, or give the variable a default.",
                param="metadata",
            )
        case Unfit():
            return InvalidRequest("A value has characters that cannot be kept, such as NUL. Leave them out.")
        case StoreUnavailable():
            return Unavailable(
                "The state store cannot be asked now. Try again in a moment; the gateway's log says why.",
                retry_after_s=RETRY_AFTER_S,
            )
    return InternalError("The gateway met a defect of its own; its log has it. Please report it.")
