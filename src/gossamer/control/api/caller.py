"""Who asks: from the token of a request to an actor, and to whose things exist for it."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from gossamer.control.api.address import address_of
from gossamer.control.api.desk import AtDesk, Desk, too_many
from gossamer.control.api.refusals import Forbidden
from gossamer.control.api.shapes.agents import AgentNew
from gossamer.control.api.shapes.directives import DirectiveNew
from gossamer.control.api.shapes.keys import KeyNew
from gossamer.control.nouns import Actor
from gossamer.control.store.errors import Missing
from gossamer.control.tokens import digest_of
from gossamer.core.errors import InvalidApiKey, ScopeForbidden

LOGIN_PREFIX: Final = "gsl_"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and whose things exist for them."""

    actor: Actor
    login: bytes | None = None
    """The digest of the log-in's token; None where a key or the operator asks."""

    @property
    def is_admin(self) -> bool:
        return self.actor.role == "admin"

    @property
    def owner(self) -> str | None:
        """For the store's WHERE: None sees everybody's. A member without a user would see nothing at all."""
        return None if self.is_admin else self.actor.user_id or ""

    def must_be_admin(self, what: str) -> None:
        if not self.is_admin:
            raise Forbidden(f"Only an admin may {what}. Ask one.")


bearer_token = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="A log-in's `gsl_...`, or a key with the scope `admin`."
)
api_key_token = APIKeyHeader(
    name="x-api-key", auto_error=False, scheme_name="x-api-key", description="The same tokens."
)


async def caller_of(
    request: Request,
    desk: AtDesk,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(bearer_token)],
    api_key: Annotated[str | None, Security(api_key_token)],
) -> Caller:
    if desk.operator is not None:
        return Caller(desk.operator)
    token = bearer.credentials if bearer else api_key
    if not token:
        raise InvalidApiKey("Send Authorization: Bearer with a log-in's gsl_... or a key with the scope admin.")
    address = address_of(request)
    digest = digest_of(token)
    wait_s = desk.tokens.wait_s(address, desk.now())
    if wait_s > 0 and digest not in desk.good_tokens:
        raise too_many("Too many bad tokens came from your address", wait_s)
    found = await (_of_login if token.startswith(LOGIN_PREFIX) else _of_key)(desk, digest, address)
    desk.note_token(digest, is_good=found is not None)
    if found is None:
        desk.tokens.take(address, desk.now())
        raise InvalidApiKey("This token is not good here, or not any more. Log in again, or ask an admin for a key.")
    return found


Asking = Annotated[Caller, Depends(caller_of)]


async def _of_login(desk: Desk, digest: bytes, address: str) -> Caller | None:
    user = await desk.store.user_of_login(digest)
    if user is None:
        return None
    return Caller(Actor(kind="user", id=user.id, user_id=user.id, role=user.role, address=address), digest)


async def _of_key(desk: Desk, digest: bytes, address: str) -> Caller | None:
    _, grants = await desk.store.grants_of_keys([digest])
    grant = grants.get(digest)
    if grant is None:
        return None
    if "admin" not in grant.scopes:
        raise ScopeForbidden("This key has not the scope admin. Use a key that has, or a log-in.")
    if grant.user_id is None:
        return Caller(Actor(kind="key", id=grant.key_id, role="admin", address=address))
    try:
        user = await desk.store.user(grant.user_id)
    except Missing:
        return None
    return Caller(Actor(kind="key", id=grant.key_id, user_id=user.id, role=user.role, address=address))


def user_of_new(caller: Caller, asked: KeyNew | AgentNew | DirectiveNew, noun: str) -> str | None:
    """Whoever asks, unless another is named. That a member names none but itself, the store sees to."""
    if "user_id" not in asked.model_fields_set:
        return caller.actor.user_id
    if asked.user_id is None and not caller.is_admin:
        raise Forbidden(f"Only an admin may make nobody's {noun}. Leave user_id out.", param="user_id")
    return asked.user_id
