"""Users, keys, agents, log-ins and invites, who changed them, and the count of changes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _make_users()
    _make_keys()
    _make_agents()
    _make_ways_in()
    _make_events()
    _make_changes()


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _versioned() -> list[sa.Column[Any]]:
    return [_moment("created_at"), _moment("updated_at"), sa.Column("version", sa.Integer, nullable=False)]


def _owner(table: str) -> list[Any]:
    foreign = sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id")
    return [sa.Column("user_id", sa.Text), foreign]


def _make_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("limits", sa.Text, nullable=False),
        *_versioned(),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )


def _make_keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        *_owner("keys"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("models", sa.Text),
        sa.Column("limits", sa.Text, nullable=False),
        _moment("expires_at", nullable=True),
        _moment("revoked_at", nullable=True),
        _moment("last_used_at", nullable=True),
        *_versioned(),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("digest", name="uq_keys_digest"),
    )
    op.create_index("ix_keys_user_id_id", "keys", ["user_id", "id"])


def _make_agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Text, nullable=False),
        *_owner("agents"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("models", sa.Text),
        sa.Column("default_model", sa.Text),
        sa.Column("limits", sa.Text, nullable=False),
        sa.Column("directive_id", sa.Text),
        sa.Column("is_active", sa.Boolean, nullable=False),
        *_versioned(),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    op.create_index("ix_agents_user_id_id", "agents", ["user_id", "id"])
    op.create_table(
        "bindings",
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="fk_bindings_key_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_id", "agent_id", name="pk_bindings"),
    )
    op.create_index("ix_bindings_agent_id_key_id", "bindings", ["agent_id", "key_id"])


def _make_ways_in() -> None:
    op.create_table(
        "logins",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_logins_user_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_logins"),
    )
    op.create_index("ix_logins_user_id", "logins", ["user_id"])
    op.create_index("ix_logins_expires_at", "logins", ["expires_at"])
    op.create_table(
        "invites",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        sa.Column("used_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("digest", name="uq_invites_digest"),
    )


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Text, nullable=False),
        _moment("at"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("owner_id", sa.Text),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_owner_id_id", "events", ["owner_id", "id"])
    op.create_index("ix_events_subject_id", "events", ["subject", "id"])


def _make_changes() -> None:
    epoch = op.create_table(
        "epoch",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_epoch"),
    )
    op.execute(sa.insert(epoch).values(id=1, value=0))
    op.create_table(
        "changes",
        sa.Column("revision", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("thing_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("revision", "kind", "thing_id", name="pk_changes"),
    )
