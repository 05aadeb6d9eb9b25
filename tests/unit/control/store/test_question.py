"""A question in the words of each driver: its values in their order, and its rows as the columns' types have them."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import Dialect

from gossamer.control.store.question import Question
from gossamer.control.store.tables import KEYS
from gossamer.core.allowance import Limits

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASKED = sa.select(KEYS.c.id.label("who"), KEYS.c.limits, KEYS.c.expires_at).where(
    KEYS.c.expires_at > sa.bindparam("now", None, type_=KEYS.c.expires_at.type),
    KEYS.c.digest.in_(sa.bindparam("digests", expanding=True)),
)


def dialect_of(kind: Any) -> Dialect:
    made: Dialect = kind(dbapi=kind.import_dbapi())
    return made


SQLITE, POSTGRES = dialect_of(SQLiteDialect_aiosqlite), dialect_of(PGDialect_asyncpg)


@pytest.mark.parametrize(("dialect", "moment"), [(SQLITE, "2026-01-01 12:00:00.000000"), (POSTGRES, NOON)])
def test_values_go_in_as_the_columns_have_them(dialect: Dialect, moment: object):
    words = Question(ASKED, "digests").words(dialect, 2)
    values = words.values([b"a", b"b"], {"now": NOON})
    assert sorted(map(bytes, (each for each in values if each != moment))) == [b"a", b"b"]
    assert values.count(moment) == 1
    assert words.sql.count("?" if dialect is SQLITE else "::") == 3


@pytest.mark.parametrize(("dialect", "moment"), [(SQLITE, "2026-01-01 12:00:00.000000"), (POSTGRES, NOON)])
def test_rows_come_out_as_the_columns_have_them(dialect: Dialect, moment: object):
    words = Question(ASKED, "digests").words(dialect, 1)
    (row,) = words.rows([("k", '{"concurrent":3}', moment)])
    assert (row.who, row.limits, row.expires_at) == ("k", Limits(concurrent=3), NOON)


def test_it_is_put_into_words_once_for_each_number_of_values():
    question = Question(ASKED, "digests")
    assert question.words(SQLITE, 4) is question.words(SQLITE, 4)
    assert question.words(SQLITE, 4).sql != question.words(SQLITE, 16).sql
