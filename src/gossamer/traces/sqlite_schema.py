"""The tables of `traces.db`. A newer release changes them by a further step; a file of a later one is not touched."""

import sqlite3
from typing import Final

STEPS: Final = (
    """
    CREATE TABLE stages (n INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
    CREATE TABLE positions (segment TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE traces (
        id TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        status INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        key TEXT,
        user TEXT,
        agent TEXT,
        model TEXT,
        target TEXT,
        total_us INTEGER NOT NULL,
        cost_nanos INTEGER,
        request_id TEXT NOT NULL,
        path TEXT NOT NULL,
        error TEXT,
        stages INTEGER NOT NULL,
        record BLOB NOT NULL
    );
    CREATE UNIQUE INDEX traces_id ON traces (id);
    CREATE INDEX traces_at ON traces (at_us, id);
    CREATE INDEX traces_key ON traces (key, at_us, id);
    CREATE INDEX traces_agent ON traces (agent, at_us, id) WHERE agent IS NOT NULL;
    CREATE INDEX traces_model ON traces (model, at_us, id);
    CREATE INDEX traces_user ON traces (user, at_us, id) WHERE user IS NOT NULL;
    CREATE INDEX traces_target ON traces (target, at_us, id);
    CREATE INDEX traces_failed ON traces (at_us, id) WHERE status >= 400;
    """,
)


class NewerFile(Exception):
    """A later release has written it."""


def bring_up(connection: sqlite3.Connection) -> None:
    """All steps that it has not had, each whole or not at all."""
    (done,) = connection.execute("PRAGMA user_version").fetchone()
    if done > len(STEPS):
        raise NewerFile(f"it was written by a later release (schema {done}, known here: {len(STEPS)})")
    for number, step in enumerate(STEPS[done:], done + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")
