"""Orders to take the journal again: left as files by `gossamer journal replay`, carried out by the recorder.

A file, since an order outlives whoever gave it: what breaks off is done again, and a gateway that does not run does it
at its next start.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

T = TypeVar("T")
_SINKS: Final = "sinks"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    since: float = 0.0
    """Unix time: requests that arrived then or later."""
    is_strict: bool = False
    """Also what the journal has no more goes: afterwards there is what the journal has, and nothing else."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    read: int = 0
    """Records of that time that the journal has."""
    kept: int = 0
    """What is there of that time although the journal has it no more, or not all of it."""
    refused: str = ""
    """Why nothing was done, and what to do."""


class ReplayDesk:
    """The folder of one node."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "replays"

    def announce(self, sinks: Iterable[str]) -> None:
        """Which sinks there are to order for."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._put(_SINKS, sorted(sinks))

    def sinks(self) -> list[str]:
        """Empty where no recorder ever ran here."""
        return self._get(_SINKS, list[str]) or []

    def give(self, sink: str, order: Order) -> None:
        self._path(f"{sink}.outcome").unlink(missing_ok=True)
        self._put(f"{sink}.order", order)

    def order_for(self, sink: str) -> Order | None:
        return self._get(f"{sink}.order", Order)

    def settle(self, sink: str, outcome: Outcome) -> None:
        self._put(f"{sink}.outcome", outcome)
        self._path(f"{sink}.order").unlink(missing_ok=True)

    def outcome_for(self, sink: str) -> Outcome | None:
        """Of the last order; None while it is not carried out."""
        return None if self._path(f"{sink}.order").exists() else self._get(f"{sink}.outcome", Outcome)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _put(self, name: str, value: object) -> None:
        beside = self._folder / f"{name}.new"
        beside.write_bytes(msgspec.json.encode(value))
        beside.replace(self._path(name))

    def _get(self, name: str, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=kind)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
