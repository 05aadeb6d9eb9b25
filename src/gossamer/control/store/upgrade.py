"""Alembic, driven from here.

Loaded only where tables are changed: it takes nearly as long as everything else at a start.
"""

import logging
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

FOLDER: Final = Path(__file__).with_name("migrations")


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Within the transaction of the connection: wholly, or not at all."""
    # What it would say at INFO, the caller says in one line.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, to)


def versions() -> list[str]:
    """Of all migrations, the newest first."""
    return [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]
