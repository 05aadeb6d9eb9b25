"""The tables of `traces.db`."""

from typing import Final

STEPS: Final = (
    """
    CREATE TABLE stages (n INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
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
    """
    CREATE TABLE contents (id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
    CREATE TRIGGER contents_go AFTER DELETE ON traces BEGIN DELETE FROM contents WHERE id = old.id; END;
    """,
)
