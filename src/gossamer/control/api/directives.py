"""/admin/v1/directives. System prompts that agents are given, their versions, and which of them is in force."""

from collections.abc import Awaitable, Callable
from difflib import unified_diff
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from msgspec import UNSET

from gossamer.control.api.caller import Asking, Caller, user_of_new
from gossamer.control.api.desk import AtDesk, Desk
from gossamer.control.api.openapi import VERSIONED, refused
from gossamer.control.api.shapes.directives import (
    Activation,
    DiffAsk,
    DiffOut,
    DirectiveAsk,
    DirectiveChange,
    DirectiveNew,
    DirectiveOut,
    VersionListOut,
    VersionNew,
    VersionOut,
)
from gossamer.control.api.shapes.pages import PageOut
from gossamer.control.api.shapes.values import Id
from gossamer.control.api.versions import IfMatch, asked_version, change_at, needed_version, show_version
from gossamer.control.nouns import Directive, DirectiveVersion
from gossamer.control.store.edits import DirectiveEdit
from gossamer.control.tokens import new_id
from gossamer.core.errors import InvalidRequest
from gossamer.policy.template import problems_of

routes = APIRouter(prefix="/admin/v1/directives", tags=["directives"])

Number = Annotated[int, Path(ge=1, le=1_000_000_000)]
_CHANGED: Final = {**VERSIONED, **refused(400, 401, 403, 404, 409, 412, 428, 503)}


@routes.get("", operation_id="list_directives", summary="List directives", responses=refused(400, 401, 403, 503))
async def list_directives(caller: Asking, desk: AtDesk, ask: Annotated[DirectiveAsk, Query()]) -> PageOut[DirectiveOut]:
    """A member finds its own."""
    listing = await desk.store.directives(ask.page, ask.filters, owner=caller.owner)
    return PageOut(data=list(map(DirectiveOut.of, listing.items)), next=listing.next)


@routes.post(
    "",
    operation_id="create_directive",
    summary="Make a directive",
    status_code=201,
    responses={201: VERSIONED[200], **refused(400, 401, 403, 404, 409, 503)},
)
async def create_directive(caller: Asking, desk: AtDesk, asked: DirectiveNew, response: Response) -> DirectiveOut:
    """With its first version. Agents are given it by their `directive_id`."""
    now = desk.moment()
    directive = Directive(
        id=new_id(), user_id=user_of_new(caller, asked, "directive"), name=asked.name, created_at=now, updated_at=now
    )
    first = _version(caller, desk, directive.id, asked)
    made = await desk.store.add_directive(caller.actor, directive, first, activates=asked.activate, owner=caller.owner)
    show_version(response, made)
    return DirectiveOut.of(made)


@routes.get(
    "/{directive_id}",
    operation_id="get_directive",
    summary="Show a directive",
    responses={**VERSIONED, **refused(400, 401, 403, 404, 503)},
)
async def get_directive(caller: Asking, desk: AtDesk, directive_id: Id, response: Response) -> DirectiveOut:
    """The ETag is for a change."""
    directive = await desk.store.directive(directive_id, owner=caller.owner)
    show_version(response, directive)
    return DirectiveOut.of(directive)


@routes.patch("/{directive_id}", operation_id="change_directive", summary="Rename a directive", responses=_CHANGED)
async def change_directive(
    caller: Asking,
    desk: AtDesk,
    directive_id: Id,
    asked: DirectiveChange,
    response: Response,
    if_match: IfMatch = None,
) -> DirectiveOut:
    """Its texts have versions instead."""
    edit = DirectiveEdit(name=UNSET if asked.name is None else asked.name)

    async def change(found: Directive) -> Directive:
        return await desk.store.change_directive(caller.actor, found.id, edit, found.version, owner=caller.owner)

    return await _changed(caller, desk, directive_id, if_match, response, change)


@routes.delete(
    "/{directive_id}",
    operation_id="remove_directive",
    summary="Remove a directive",
    status_code=204,
    responses=refused(400, 401, 403, 404, 409, 412, 503),
)
async def remove_directive(caller: Asking, desk: AtDesk, directive_id: Id, if_match: IfMatch = None) -> None:
    """With all its versions, for good. Not while an agent is given it."""
    await desk.store.remove_directive(caller.actor, directive_id, asked_version(if_match), owner=caller.owner)


@routes.get(
    "/{directive_id}/versions",
    operation_id="list_directive_versions",
    summary="List the versions of a directive",
    responses=refused(400, 401, 403, 404, 503),
)
async def list_versions(caller: Asking, desk: AtDesk, directive_id: Id) -> VersionListOut:
    """The newest first."""
    found = await desk.store.directive_versions(directive_id, owner=caller.owner)
    return VersionListOut(data=list(map(VersionOut.of, found)))


@routes.get(
    "/{directive_id}/versions/{number}",
    operation_id="get_directive_version",
    summary="Show a version of a directive",
    responses=refused(400, 401, 403, 404, 503),
)
async def get_version(caller: Asking, desk: AtDesk, directive_id: Id, number: Number) -> VersionOut:
    """Its text, and what is filled into it."""
    return VersionOut.of(await desk.store.directive_version(directive_id, number, owner=caller.owner))


@routes.post(
    "/{directive_id}/versions",
    operation_id="add_directive_version",
    summary="Add a version to a directive",
    status_code=201,
    responses={201: VERSIONED[200], **refused(400, 401, 403, 404, 412, 428, 503)},
)
async def add_version(
    caller: Asking, desk: AtDesk, directive_id: Id, asked: VersionNew, response: Response, if_match: IfMatch = None
) -> DirectiveOut:
    """In force at once, unless `activate` is false. With all workers within a second."""
    added = _version(caller, desk, directive_id, asked)

    async def change(found: Directive) -> Directive:
        return await desk.store.add_directive_version(
            caller.actor, added, found.version, activates=asked.activate, owner=caller.owner
        )

    return await _changed(caller, desk, directive_id, if_match, response, change)


@routes.post(
    "/{directive_id}/activate", operation_id="activate_directive", summary="Put a version in force", responses=_CHANGED
)
async def activate(
    caller: Asking, desk: AtDesk, directive_id: Id, asked: Activation, response: Response, if_match: IfMatch = None
) -> DirectiveOut:
    """With all workers within a second."""

    async def change(found: Directive) -> Directive:
        return await desk.store.activate_directive(
            caller.actor, found.id, asked.number, found.version, owner=caller.owner
        )

    return await _changed(caller, desk, directive_id, if_match, response, change)


@routes.post(
    "/{directive_id}/rollback", operation_id="roll_back_directive", summary="Roll a directive back", responses=_CHANGED
)
async def roll_back(
    caller: Asking, desk: AtDesk, directive_id: Id, response: Response, if_match: IfMatch = None
) -> DirectiveOut:
    """To the version that was in force before this one; once more, further back."""

    async def change(found: Directive) -> Directive:
        return await desk.store.roll_back_directive(caller.actor, found.id, found.version, owner=caller.owner)

    return await _changed(caller, desk, directive_id, if_match, response, change)


@routes.get(
    "/{directive_id}/diff",
    operation_id="diff_directive",
    summary="Compare two versions",
    responses=refused(400, 401, 403, 404, 503),
)
async def diff(caller: Asking, desk: AtDesk, directive_id: Id, ask: Annotated[DiffAsk, Query()]) -> DiffOut:
    """What the new text has and the old one has not, and the other way round."""
    directive = await desk.store.directive(directive_id, owner=caller.owner)
    numbers = (ask.old or directive.active or 1, ask.new or directive.latest)
    old, new = [await desk.store.directive_version(directive_id, each, owner=caller.owner) for each in numbers]
    lines = unified_diff(
        old.text.splitlines(), new.text.splitlines(), f"version {old.number}", f"version {new.number}", lineterm=""
    )
    return DiffOut(old=old.number, new=new.number, diff="\n".join(lines))


def _version(caller: Caller, desk: Desk, directive_id: str, asked: VersionNew) -> DirectiveVersion:
    problems = list(problems_of(asked.text, asked.declared))
    if problems:
        raise InvalidRequest(f"This text cannot be filled: {'; '.join(problems)}.", param="text")
    actor = caller.actor
    return DirectiveVersion(
        directive_id=directive_id,
        text=asked.text,
        variables=asked.declared,
        author=f"{actor.kind} {actor.id or ''}".rstrip(),
        note=asked.note,
        created_at=desk.moment(),
    )


async def _changed(
    caller: Caller,
    desk: Desk,
    directive_id: str,
    if_match: str | None,
    response: Response,
    change: Callable[[Directive], Awaitable[Directive]],
) -> DirectiveOut:
    version = needed_version(if_match)

    async def read() -> Directive:
        return await desk.store.directive(directive_id, owner=caller.owner)

    directive = await change_at(version, read, change)
    show_version(response, directive)
    return DirectiveOut.of(directive)
