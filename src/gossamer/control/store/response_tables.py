"""Where kept responses and conversations lie. What they hold is JSON as it was told, in bytes: nobody searches in it.

`house` is whose they are (core/house.py), `session` the X-Session-ID of the request that made them.
"""

from typing import Final

import sqlalchemy as sa

from gossamer.control.store.columns import Moment, Words
from gossamer.control.store.tables import METADATA

RESPONSES: Final = sa.Table(
    "responses",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("house", Words, nullable=False),
    sa.Column("session", Words, nullable=False),
    sa.Column("thread", Words, nullable=False),
    sa.Column("previous_id", Words),
    sa.Column("conversation_id", Words),
    sa.Column("start", sa.BigInteger, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("input", sa.LargeBinary, nullable=False),
    sa.Column("output", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index(None, "house", "session"),
    sa.Index(None, "thread", "created_at"),
    sa.Index(None, "created_at"),
)
"""`thread`: the first response of those that follow from each other, or the conversation; kept as long as anybody goes
on in it. `start`: how many items of the conversation went before. `length`, `size`: items and bytes, and those of all
that went before."""

CONVERSATIONS: Final = sa.Table(
    "conversations",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("house", Words, nullable=False),
    sa.Column("session", Words, nullable=False),
    sa.Column("metadata", sa.LargeBinary, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Index(None, "house", "session"),
    sa.Index(None, "last_at"),
)
"""`next`: the place of the next item. Places are not given twice; items may be deleted."""

CONVERSATION_ITEMS: Final = sa.Table(
    "conversation_items",
    METADATA,
    sa.Column("conversation_id", Words, primary_key=True),
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", Words, nullable=False),
    sa.Column("house", Words, nullable=False),
    sa.Column("session", Words, nullable=False),
    sa.Column("item", sa.LargeBinary, nullable=False),
    sa.Index(None, "conversation_id", "id"),
    sa.Index(None, "house", "session"),
)

ERASED_SESSIONS: Final = sa.Table(
    "erased_sessions",
    METADATA,
    sa.Column("house", Words, primary_key=True),
    sa.Column("session", Words, primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
)
"""So that a request which was under way when its session was deleted leaves nothing behind."""
