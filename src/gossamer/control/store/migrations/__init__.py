"""How the tables came to be, step by step. A step that was released is never changed again: add another.

A new one: a file in versions/, its `down_revision` the HEAD before it, and HEAD below. Steps run on both databases,
in one transaction; SQLite changes a column with `op.batch_alter_table`. Tests take each step with rows in place.
"""

from typing import Final

HEAD: Final = "0005"
"""The newest step. Known without Alembic, so that a start sees at once that it has nothing to do."""
