"""`gossamer serve` with the stand-in worker, and with settings that come as JSON from the file named first.

The second argument is the worker's behaviour.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from gossamer.config.problems import ConfigError, Place, Problem
from gossamer.config.settings import Settings
from gossamer.supervisor.errors import StartFailed
from gossamer.supervisor.run import supervise

WORKER = str(Path(__file__).with_name("standin_worker.py"))


def read_settings() -> Settings:
    try:
        return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Settings)
    except msgspec.DecodeError as error:
        raise ConfigError([Problem(Place(sys.argv[1]), "", str(error), "write what the settings have")]) from error


def show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> int:
    try:
        command = (sys.executable, WORKER, sys.argv[2])
        return asyncio.run(supervise(read_settings, show, command))
    except StartFailed as error:
        sys.stderr.write(f"gossamer: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
