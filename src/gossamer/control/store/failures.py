"""What SQLAlchemy, SQLite and asyncpg raise, told in the store's own words: one table for all of them.

A defect of ours, such as a wrong statement, is nobody's outage and passes as it is.
"""

import sqlite3
from typing import Final

from sqlalchemy import exc

from gossamer.control.store.errors import StoreError, StoreUnavailable, Unfit

_VALUE: Final = "22"
"""The class of sqlstates for values that do not fit."""
_STATEMENT: Final = "42"
"""The class for wrong statements, but for these:"""
_NOT_READY: Final = frozenset({"42P01", "42703", "42501", "3F000"})
"""No such table, no such column, no right to it, no such schema: the database is not set up for us, or not yet."""
_INTEGRITY: Final = "23"


def told(error: Exception) -> Exception:
    """The store's own error for a foreign one; the error itself where it is none of the store's."""
    match error:
        case exc.DBAPIError(orig=BaseException() as original):
            return _told_of_driver(error, original)
        case _ if is_of_driver(error):
            return _told_of_driver(error, error)
        case exc.StatementError(orig=StoreError() as own):
            return own
        case UnicodeEncodeError():
            return Unfit("text must be Unicode: half a surrogate pair cannot be kept")
        case exc.TimeoutError():
            return StoreUnavailable("all connections are busy")
        case OSError():
            return StoreUnavailable(reason_of(error))
    return error


def is_of_driver(error: Exception) -> bool:
    """Whether a driver raised it, asked without SQLAlchemy between. Not loaded for it: one of them may be missing."""
    return isinstance(error, sqlite3.Error) or type(error).__module__.startswith("asyncpg.")


def is_worth_another_try(error: exc.DBAPIError) -> bool:
    """The connection had ended before, or tables have changed since a statement was prepared: neither says anything."""
    return error.connection_invalidated or type(error.orig).__name__ == "InvalidCachedStatementError"


def reason_of(error: BaseException) -> str:
    """One line of it, without the statement and its values."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _told_of_driver(error: Exception, original: BaseException) -> Exception:
    if isinstance(original, sqlite3.Error):
        return _told_of_sqlite(error, original)
    state = getattr(original, "sqlstate", None)
    if state is None:
        # asyncpg itself: a value that it cannot send, or a connection that has gone.
        return Unfit(reason_of(original)) if isinstance(original.__cause__, ValueError) else _unavailable(original)
    if state.startswith(_VALUE):
        return Unfit(reason_of(original.__cause__ or original))
    if state.startswith(_INTEGRITY) or (state.startswith(_STATEMENT) and state not in _NOT_READY):
        return error
    return _unavailable(original)


def _told_of_sqlite(error: Exception, original: sqlite3.Error) -> Exception:
    if isinstance(original, sqlite3.OperationalError) or type(original) is sqlite3.DatabaseError:
        return _unavailable(original)
    return error


def _unavailable(original: BaseException) -> StoreUnavailable:
    return StoreUnavailable(reason_of(original.__cause__ or original))
