"""The tables of `traces.db`, step by step: an older file is brought up by those that it has not had.

Blocks and marks of traces that are there already are noted by the writer when it opens the file.
"""

from typing import Final

_COLUMNS: Final = """
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
"""
_BEFORE: Final = ", ".join(line.split()[0] for line in _COLUMNS.strip().splitlines())
_SESSION: Final = _COLUMNS.replace("total_us", "session TEXT,\n        total_us")
_FIRST: Final = f"""
    CREATE TABLE stages (n INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
    CREATE TABLE traces ({_COLUMNS});
    CREATE UNIQUE INDEX traces_id ON traces (id);
    CREATE INDEX traces_at ON traces (at_us, id);
    CREATE INDEX traces_key ON traces (key, at_us, id);
    CREATE INDEX traces_agent ON traces (agent, at_us, id) WHERE agent IS NOT NULL;
    CREATE INDEX traces_model ON traces (model, at_us, id);
    CREATE INDEX traces_user ON traces (user, at_us, id) WHERE user IS NOT NULL;
    CREATE INDEX traces_target ON traces (target, at_us, id);
    CREATE INDEX traces_failed ON traces (at_us, id) WHERE status >= 400;
    """
_BLOCKS: Final = f"""
    ALTER TABLE traces RENAME TO before;
    CREATE TABLE traces (n INTEGER PRIMARY KEY, {_SESSION});
    INSERT INTO traces (n, {_BEFORE}) SELECT rowid, * FROM before ORDER BY rowid;
    DROP TABLE before;
    CREATE UNIQUE INDEX traces_id ON traces (id);
    CREATE INDEX traces_at ON traces (at_us, id);
    CREATE TABLE blocks (
        n INTEGER PRIMARY KEY,
        first_us INTEGER NOT NULL,
        last_us INTEGER NOT NULL,
        slowest_us INTEGER NOT NULL,
        dearest_nanos INTEGER NOT NULL
    );
    CREATE TABLE marks (
        block INTEGER NOT NULL, kind TEXT NOT NULL, value NOT NULL, bits BLOB NOT NULL, PRIMARY KEY (block, kind, value)
    ) WITHOUT ROWID;
    CREATE INDEX marks_value ON marks (kind, value, block);
    """  # noqa: S608 - names of our own
_CONTENTS: Final = """
    CREATE TABLE contents (id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
    CREATE TRIGGER contents_go AFTER DELETE ON traces BEGIN DELETE FROM contents WHERE id = old.id; END;
    """
STEPS: Final = (_FIRST, _BLOCKS, _CONTENTS)
