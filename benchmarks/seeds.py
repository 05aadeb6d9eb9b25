"""A million keys put into a store by its own SQL, and their tokens, which both sides can work out from a number."""

import sqlite3
from collections.abc import Iterator
from hashlib import md5, sha256
from pathlib import Path

from tests.real.postgres import Postgres

_LETTERS = str.maketrans("0189", "ghij")
"""Hex digits that are none of base32."""
_ID_PART = "a" * 26


def token_of(number: int) -> str:
    """Of the form that the gateway mints."""
    return f"gsm_{_ID_PART}_{md5(str(number).encode(), usedforsecurity=False).hexdigest().translate(_LETTERS)}"


def seed_sqlite(file: Path, count: int) -> None:
    """The other columns are those of the key that is there."""
    with sqlite3.connect(file) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(keys)")]
        row = connection.execute("SELECT * FROM keys WHERE revoked_at IS NULL LIMIT 1").fetchone()
        model = dict(zip(names, row, strict=True))
        marks = ", ".join("?" * len(names))

        def rows() -> Iterator[tuple[object, ...]]:
            for number in range(count):
                own = {"id": _id_of(number), "digest": sha256(token_of(number).encode()).digest()}
                yield tuple(own.get(name, model[name]) for name in names)

        connection.executemany(f"INSERT INTO keys VALUES ({marks})", rows())  # noqa: S608 - our own names


def seed_postgres(postgres: Postgres, database: str, count: int) -> None:
    names = postgres.run(
        "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns"
        " WHERE table_name = 'keys'",
        database,
    ).split(",")
    token = f"'gsm_{_ID_PART}_' || translate(md5(n::text), '0189', 'ghij')"
    own = {
        "id": "'01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')",
        "digest": f"sha256(convert_to({token}, 'UTF8'))",
    }
    columns = ", ".join(own.get(name, f"model.{name}") for name in names)
    postgres.run(
        f"INSERT INTO keys ({', '.join(names)}) SELECT {columns} FROM generate_series(0, {count - 1}) AS n,"  # noqa: S608
        " (SELECT * FROM keys LIMIT 1) AS model",
        database,
    )
    postgres.run("VACUUM ANALYZE keys", database)


def _id_of(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012x}"
