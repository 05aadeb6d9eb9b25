"""What the state store keeps, as values: users, keys, agents, directives, routes, and the events of who changed what.

Ids are UUIDv7 in their usual form. `version` counts the changes of one thing: it is its ETag.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from gossamer.config.routes import RouteSettings
from gossamer.core.allowance import UNLIMITED, Limits
from gossamer.core.directives import Variable

Role = Literal["admin", "member"]
Scope = Literal["inference", "admin", "passthrough"]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a password. An admin sees and changes everything, a member what is its own."""

    id: str
    email: str
    role: Role
    is_active: bool = True
    limits: Limits = UNLIMITED
    created_at: datetime
    updated_at: datetime
    version: int = 1


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret: only the SHA-256 of the token is kept, and it never leaves the store."""

    id: str
    user_id: str | None
    name: str
    scopes: tuple[Scope, ...] = ("inference",)
    models: frozenset[str] | None = None
    agents: frozenset[str] = frozenset()
    limits: Limits = UNLIMITED
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """On whose behalf requests are made: its own models and limits, within those of its owner."""

    id: str
    user_id: str | None
    name: str
    models: frozenset[str] | None = None
    default_model: str | None = None
    limits: Limits = UNLIMITED
    directive_id: str | None = None
    is_active: bool = True
    metadata: dict[str, str] = {}
    """What its directive's variables are filled with."""
    created_at: datetime
    updated_at: datetime
    version: int = 1


class Directive(msgspec.Struct, frozen=True, kw_only=True):
    """A system prompt with a name. Its texts are its versions, counted from 1; one of them is what agents are given."""

    id: str
    user_id: str | None
    name: str
    active: int | None = None
    """The number of the version in force; None: none yet."""
    earlier: tuple[int, ...] = ()
    """Those that were in force before, the last one last: where a roll-back leads."""
    latest: int = 0
    """The number of the newest version."""
    created_at: datetime
    updated_at: datetime
    version: int = 1


class DirectiveVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a directive, never changed."""

    directive_id: str
    number: int = 0
    text: str
    variables: dict[str, Variable] = {}
    author: str
    """Who saved it: what they are and their id, as the audit has them."""
    note: str = ""
    created_at: datetime


class StoredRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A name that leads to several targets, as the admin API made it. Names of the configuration are not among them."""

    id: str
    name: str
    route: RouteSettings
    created_at: datetime
    updated_at: datetime
    version: int = 1


class Actor(msgspec.Struct, frozen=True):
    """Who asks for a change: a user, a key with the scope for it, or the operator at the machine itself."""

    kind: Literal["user", "key", "operator", "gateway"]
    id: str | None = None
    user_id: str | None = None
    role: Role = "member"
    address: str = ""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One administrative change. Secrets are in neither side of it."""

    id: str
    at: datetime
    actor: Actor
    action: str
    """noun.verb: `key.create`, `key.revoke`, `user.update`, `login.fail`."""
    subject: str | None
    """The id of what was changed."""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """A way in for one person, once. Only the SHA-256 of its code is kept."""

    id: str
    role: Role = "member"
    email: str | None = None
    """Whom it is for; None: whoever has the code."""
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_by: str | None = None
    """The id of the user that it became."""
