import sqlite3

import pytest
from sqlalchemy import exc

from gossamer.control.store.errors import Missing, StoreUnavailable, Unfit
from gossamer.control.store.failures import is_worth_another_try, told


class DriverError(Exception):
    """As the adapter of asyncpg raises them."""

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def failed(original: BaseException, *, is_gone: bool = False) -> exc.DBAPIError:
    return exc.DBAPIError("SELECT secret", {"p": "planted"}, original, connection_invalidated=is_gone)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (failed(sqlite3.OperationalError("database is locked")), StoreUnavailable, "database is locked"),
        (failed(sqlite3.DatabaseError("file is not a database")), StoreUnavailable, "not a database"),
        (failed(DriverError("shutting down", "57P01")), StoreUnavailable, "shutting down"),
        (failed(DriverError("connection is closed")), StoreUnavailable, "connection is closed"),
        (failed(DriverError('relation "keys" does not exist', "42P01")), StoreUnavailable, "does not exist"),
        (failed(DriverError("invalid byte sequence", "22021")), Unfit, "invalid byte"),
        (ConnectionRefusedError(111, "Connection refused"), StoreUnavailable, "refused"),
        (exc.TimeoutError("QueuePool limit"), StoreUnavailable, "busy"),
        (exc.StatementError("x", "SELECT 1", {}, Unfit("no NUL")), Unfit, "no NUL"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), Unfit, "Unicode"),
    ],
)
def test_a_foreign_failure_in_the_stores_words(error, kind, text):
    own = told(error)
    assert type(own) is kind
    assert text in str(own)
    assert "planted" not in str(own)
    assert "SELECT" not in str(own)


@pytest.mark.parametrize(
    "error",
    [
        failed(sqlite3.IntegrityError("UNIQUE constraint failed")),
        failed(sqlite3.ProgrammingError("wrong number of values")),
        failed(DriverError("duplicate key", "23505")),
        failed(DriverError("syntax error", "42601")),
        Missing("key", "1"),
        RuntimeError("of ours"),
    ],
)
def test_what_is_nobodys_outage_passes_as_it_is(error):
    assert told(error) is error


def test_only_what_says_nothing_about_the_question_is_tried_again():
    assert is_worth_another_try(failed(DriverError("closed"), is_gone=True))
    assert not is_worth_another_try(failed(DriverError("syntax error", "42601")))
