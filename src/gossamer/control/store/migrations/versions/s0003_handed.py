"""Events are handed on: each has a number once it was, and one row says how far that has come."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("events", sa.Column("number", sa.BigInteger))
    op.create_index("ix_events_number", "events", ["number"], unique=True)
    handed = op.create_table(
        "handed",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("given", sa.BigInteger, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_handed"),
    )
    op.execute(sa.insert(handed).values(id=1, given=0, taken=0))
