"""Real servers under whole gateways."""

from collections.abc import Iterator

import pytest

from tests.real.postgres import Postgres, postgres

__all__ = ["postgres"]


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[str]:
    """The name of an empty database, the same for all tests of a file."""
    name = postgres.make_database()
    yield name
    postgres.drop_database(name)
