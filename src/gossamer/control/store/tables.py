"""The tables as they are now. How they came to be so stands in migrations/; a test holds the two together.

Ids are UUIDv7 in their usual form, so the primary key is the order in which things came.
"""

from typing import Any, Final

import sqlalchemy as sa

from gossamer.config.routes import RouteSettings
from gossamer.control.nouns import Actor, Scope
from gossamer.control.store.columns import Moment, Packed, Words
from gossamer.core.allowance import Limits

METADATA: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Names by rule: a migration can name what it drops, on both databases."""


def _versioned() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _owner() -> sa.Column[Any]:
    return sa.Column("user_id", Words, sa.ForeignKey("users.id"))


USERS: Final = sa.Table(
    "users",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("email", Words, nullable=False, unique=True),
    sa.Column("password", Words),
    sa.Column("role", Words, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("limits", Packed(Limits), nullable=False),
    *_versioned(),
)
"""`email` in lower case. `password`: argon2id, with its salt and parameters; none: nobody can log in."""

KEYS: Final = sa.Table(
    "keys",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    _owner(),
    sa.Column("name", Words, nullable=False),
    sa.Column("scopes", Packed(tuple[Scope, ...]), nullable=False),
    sa.Column("models", Packed(frozenset[str])),
    sa.Column("limits", Packed(Limits), nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("revoked_at", Moment),
    sa.Column("last_used_at", Moment),
    *_versioned(),
    sa.Index(None, "user_id", "id"),
)

AGENTS: Final = sa.Table(
    "agents",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    _owner(),
    sa.Column("name", Words, nullable=False),
    sa.Column("models", Packed(frozenset[str])),
    sa.Column("default_model", Words),
    sa.Column("limits", Packed(Limits), nullable=False),
    sa.Column("directive_id", Words),
    sa.Column("is_active", sa.Boolean, nullable=False),
    *_versioned(),
    sa.Index(None, "user_id", "id"),
)

ROUTES: Final = sa.Table(
    "routes",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("name", Words, nullable=False, unique=True),
    sa.Column("route", Packed(RouteSettings), nullable=False),
    *_versioned(),
)

BINDINGS: Final = sa.Table(
    "bindings",
    METADATA,
    sa.Column("key_id", Words, sa.ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("agent_id", Words, primary_key=True),
    sa.Index(None, "agent_id", "key_id"),
)
"""Which agents a key may speak as. The agent may go, its binding stays: without it the key could do more."""

LOGINS: Final = sa.Table(
    "logins",
    METADATA,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("user_id", Words, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
)

INVITES: Final = sa.Table(
    "invites",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("role", Words, nullable=False),
    sa.Column("email", Words),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
    sa.Column("used_by", Words),
)

EVENTS: Final = sa.Table(
    "events",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Packed(Actor), nullable=False),
    sa.Column("actor_id", Words),
    sa.Column("action", Words, nullable=False),
    sa.Column("subject", Words),
    sa.Column("owner_id", Words),
    sa.Column("before", Packed(dict[str, Any])),
    sa.Column("after", Packed(dict[str, Any])),
    sa.Column("number", sa.BigInteger),
    sa.Index(None, "owner_id", "id"),
    sa.Index(None, "subject", "id"),
    sa.Index(None, "number", unique=True),
)
"""`owner_id`: the user that the subject is, or belongs to. `number`: given when it is handed on, without a gap."""

HANDED: Final = sa.Table(
    "handed",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("given", sa.BigInteger, nullable=False),
    sa.Column("taken", sa.BigInteger, nullable=False),
    sa.Column("holder", Words),
    sa.Column("until", Moment),
)
"""One row, number 1: the last number that an event was given, the last that was put away elsewhere, and which node
hands on, until when."""

EPOCH: Final = sa.Table(
    "epoch",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("value", sa.BigInteger, nullable=False),
)
"""One row, number 1: the revision of the last change. Whoever changes something holds it, one after the other."""

CHANGES: Final = sa.Table(
    "changes",
    METADATA,
    sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", Words, primary_key=True),
    sa.Column("thing_id", Words, primary_key=True),
)
"""What each of the newest revisions changed, each revision at least one thing."""
