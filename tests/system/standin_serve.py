"""`gossamer serve` with stand-ins for worker and control process, and settings that come as JSON
from the file that is named first.

The second argument is the worker's behaviour, the third the control process's.
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
CONTROL = str(Path(__file__).with_name("standin_control.py"))


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
        worker = (sys.executable, WORKER, sys.argv[2])
        control = (sys.executable, CONTROL, sys.argv[3])
        return asyncio.run(supervise(read_settings, show, worker, control))
    except StartFailed as error:
        sys.stderr.write(f"gossamer: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
