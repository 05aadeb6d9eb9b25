"""Which records somebody wants to see. Values in, values out."""

from fnmatch import fnmatchcase

import msgspec

from gossamer.core.record import Record


class Selection(msgspec.Struct, frozen=True):
    """All that is set must hold; nothing set is everything."""

    statuses: tuple[str, ...] = ()
    """Any of these: `429`, or `5xx` for the whole class."""
    model: str | None = None
    """What was asked for or what answered, with `*` and `?` as in file names."""
    key: str | None = None
    since: float | None = None
    """Unix time at which the request came, at the earliest."""
    id: str | None = None
    """Ours, or the one that the caller was shown."""

    def takes(self, record: Record) -> bool:
        return (
            (not self.statuses or self._takes_status(record.status))
            and (self.model is None or self._takes_model(record))
            and (self.key is None or record.key == self.key)
            and (self.since is None or record.at >= self.since)
            and (self.id is None or self.id in (record.id, record.request_id))
        )

    def _takes_status(self, status: int) -> bool:
        return str(status) in self.statuses or f"{status // 100}xx" in self.statuses

    def _takes_model(self, record: Record) -> bool:
        pattern = self.model or "*"
        return any(fnmatchcase(name, pattern) for name in (record.model, record.target) if name is not None)
