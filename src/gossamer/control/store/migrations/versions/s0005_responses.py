"""Responses and conversations that the gateway keeps, and which sessions were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "responses",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("house", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("previous_id", sa.Text),
        sa.Column("conversation_id", sa.Text),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("input", sa.LargeBinary, nullable=False),
        sa.Column("output", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_responses"),
    )
    op.create_index("ix_responses_house_session", "responses", ["house", "session"])
    op.create_index("ix_responses_thread_created_at", "responses", ["thread", "created_at"])
    op.create_index("ix_responses_created_at", "responses", ["created_at"])
    _conversations()
    op.create_table(
        "erased_sessions",
        sa.Column("house", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("house", "session", name="pk_erased_sessions"),
    )
    op.create_index("ix_erased_sessions_at", "erased_sessions", ["at"])


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("house", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("metadata", sa.LargeBinary, nullable=False),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_house_session", "conversations", ["house", "session"])
    op.create_index("ix_conversations_last_at", "conversations", ["last_at"])
    op.create_table(
        "conversation_items",
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("house", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("item", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "place", name="pk_conversation_items"),
    )
    op.create_index("ix_conversation_items_conversation_id_id", "conversation_items", ["conversation_id", "id"])
    op.create_index("ix_conversation_items_house_session", "conversation_items", ["house", "session"])
