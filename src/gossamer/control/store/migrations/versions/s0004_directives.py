"""Directives: versioned system prompts, and what agents know to fill into them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "directives",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Integer),
        sa.Column("earlier", sa.Text, nullable=False),
        sa.Column("latest", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directives"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_directives_user_id"),
    )
    op.create_index("ix_directives_user_id_id", "directives", ["user_id", "id"])
    op.create_table(
        "directive_versions",
        sa.Column("directive_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("variables", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("directive_id", "number", name="pk_directive_versions"),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directives.id"], name="fk_directive_versions_directive_id", ondelete="CASCADE"
        ),
    )
    op.add_column("agents", sa.Column("metadata", sa.Text, nullable=False, server_default="{}"))
    op.create_index("ix_agents_directive_id_id", "agents", ["directive_id", "id"])
