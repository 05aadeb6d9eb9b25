"""The tables of `sessions.db`.

`gone` are the tombstones: what a deleted session asked until then stays out, however often the journal is read again.
`openings` are sessions that began with an id of the gateway's own: their first turn was not known to be one.
"""

from typing import Final

STEPS: Final = (
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        user TEXT,
        key TEXT NOT NULL,
        agent TEXT,
        began_us INTEGER NOT NULL,
        last_us INTEGER NOT NULL,
        turns INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        input INTEGER NOT NULL,
        output INTEGER NOT NULL,
        cost_nanos INTEGER NOT NULL,
        closed_us INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX sessions_last ON sessions (last_us, id);
    CREATE INDEX sessions_user ON sessions (user, last_us, id) WHERE user IS NOT NULL;
    CREATE INDEX sessions_name ON sessions (name);
    CREATE TABLE turns (
        session TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        id TEXT NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (session, at_us, id)
    ) WITHOUT ROWID;
    CREATE TABLE openings (session TEXT PRIMARY KEY, first TEXT NOT NULL, until_us INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE gone (session TEXT PRIMARY KEY, at_us INTEGER NOT NULL) WITHOUT ROWID;
    """,
    "CREATE TABLE contents (turn TEXT PRIMARY KEY, content BLOB NOT NULL);",
    "CREATE TABLE late_runs (session TEXT PRIMARY KEY, name TEXT NOT NULL, user TEXT, key TEXT NOT NULL);",
)
"""`until_us`: till then it is looked for; 0: it was found.
A turn keeps what a conversation shows of a request, as JSON.
`contents` are what was asked and answered, where no trace keeps it.
`late_runs` are sessions of the calls of agents, to be deleted: their own was, while they were under way."""

FORGET_CONTENTS: Final = "DELETE FROM contents WHERE turn IN (SELECT id FROM turns WHERE session = ?)"
"""Before its turns go."""
