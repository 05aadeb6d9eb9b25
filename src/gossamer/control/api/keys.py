"""/admin/v1/keys. Whoever makes a key sees its token in that answer, and nobody ever again."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query, Response
from msgspec import UNSET

from gossamer.control.api.caller import Asking, Caller, user_of_new
from gossamer.control.api.desk import AtDesk, Desk
from gossamer.control.api.openapi import VERSIONED, refused
from gossamer.control.api.refusals import Forbidden
from gossamer.control.api.shapes.keys import KeyAsk, KeyChange, KeyMade, KeyNew, KeyOut
from gossamer.control.api.shapes.pages import PageOut
from gossamer.control.api.shapes.values import Id
from gossamer.control.api.versions import IfMatch, asked_version, change_at, needed_version, show_version
from gossamer.control.nouns import Key, Scope
from gossamer.control.store.edits import KeyEdit
from gossamer.control.tokens import mint_token
from gossamer.core.allowance import UNLIMITED
from gossamer.core.errors import InvalidRequest

routes = APIRouter(prefix="/admin/v1/keys", tags=["keys"])


@routes.get("", operation_id="list_keys", summary="List keys", responses=refused(400, 401, 403, 503))
async def list_keys(caller: Asking, desk: AtDesk, ask: Annotated[KeyAsk, Query()]) -> PageOut[KeyOut]:
    """A member finds its own."""
    listing = await desk.store.keys(ask.page, ask.filters, owner=caller.owner)
    return PageOut(data=list(map(KeyOut.of, listing.items)), next=listing.next)


@routes.post(
    "",
    operation_id="create_key",
    summary="Make a key",
    status_code=201,
    responses={201: VERSIONED[200], **refused(400, 401, 403, 404, 503)},
)
async def create_key(caller: Asking, desk: AtDesk, asked: KeyNew, response: Response) -> KeyMade:
    """Its `token` is in this answer and nowhere else."""
    now = desk.moment()
    if asked.expires_at is not None and asked.expires_at <= now:
        raise InvalidRequest("This moment is past: the key would never be good.", param="expires_at")
    check_scopes(caller, asked.scopes, frozenset())
    minted = mint_token()
    key = Key(
        id=minted.key_id,
        user_id=user_of_new(caller, asked, "key"),
        name=asked.name,
        scopes=tuple(sorted(asked.scopes)),
        models=asked.models,
        agents=asked.agents,
        limits=asked.limits.over(UNLIMITED),
        expires_at=asked.expires_at,
        created_at=now,
        updated_at=now,
    )
    made = await desk.store.add_key(caller.actor, key, minted.digest, owner=caller.owner)
    show_version(response, made)
    return KeyMade.with_token(made, minted.token)


@routes.get(
    "/{key_id}",
    operation_id="get_key",
    summary="Show a key",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 503)},
)
async def get_key(caller: Asking, desk: AtDesk, key_id: Id, response: Response) -> KeyOut:
    """The ETag is for a change."""
    key = await desk.store.key(key_id, owner=caller.owner)
    show_version(response, key)
    return KeyOut.of(key)


@routes.patch(
    "/{key_id}",
    operation_id="change_key",
    summary="Change a key",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 412, 428, 503)},
)
async def change_key(
    caller: Asking, desk: AtDesk, key_id: Id, asked: KeyChange, response: Response, if_match: IfMatch = None
) -> KeyOut:
    """What is left out stays, within `limits` too. The token stays the same. A revoked key does not come back."""
    version = needed_version(if_match)

    async def read() -> Key:
        return await desk.store.key(key_id, owner=caller.owner)

    async def change(key: Key) -> Key:
        check_scopes(caller, asked.scopes, frozenset(key.scopes))
        edit = _edit_of(asked, key)
        return await desk.store.change_key(caller.actor, key_id, edit, key.version, owner=caller.owner)

    key = await change_at(version, read, change)
    show_version(response, key)
    return KeyOut.of(key)


def check_scopes(caller: Caller, asked: Collection[Scope] | None, had: Collection[Scope]) -> None:
    """What lies at the provider is everybody's: nobody lets himself in there."""
    if asked is not None and "passthrough" in asked and "passthrough" not in had and not caller.is_admin:
        raise Forbidden("Only an admin may give a key the scope passthrough. Ask one.", param="scopes")


def _edit_of(asked: KeyChange, key: Key) -> KeyEdit:
    said = asked.model_fields_set
    return KeyEdit(
        name=UNSET if asked.name is None else asked.name,
        scopes=UNSET if asked.scopes is None else tuple(sorted(asked.scopes)),
        models=asked.models if "models" in said else UNSET,
        agents=UNSET if asked.agents is None else asked.agents,
        limits=UNSET if asked.limits is None else asked.limits.over(key.limits),
        expires_at=asked.expires_at if "expires_at" in said else UNSET,
    )


@routes.post(
    "/{key_id}/revoke",
    operation_id="revoke_key",
    summary="Revoke a key",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 412, 503)},
)
async def revoke_key(caller: Asking, desk: AtDesk, key_id: Id, response: Response, if_match: IfMatch = None) -> KeyOut:
    """For good, and known to all workers within a second. Revoking twice is no error."""
    return await _revoke(caller, desk, key_id, response, if_match)


@routes.delete(
    "/{key_id}",
    operation_id="delete_key",
    summary="Revoke a key",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 412, 503)},
)
async def delete_key(caller: Asking, desk: AtDesk, key_id: Id, response: Response, if_match: IfMatch = None) -> KeyOut:
    """The same as `POST .../revoke`: the key stays in the list, with its `revoked_at`, for the audit's sake."""
    return await _revoke(caller, desk, key_id, response, if_match)


async def _revoke(caller: Caller, desk: Desk, key_id: str, response: Response, if_match: str | None) -> KeyOut:
    key = await desk.store.revoke_key(caller.actor, key_id, asked_version(if_match), owner=caller.owner)
    show_version(response, key)
    return KeyOut.of(key)
