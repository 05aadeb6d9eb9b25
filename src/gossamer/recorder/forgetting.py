"""Takes out of the journal what was said in a session that was deleted while it was still being said.

What stood there before, the deletion itself took out. Here is only what came later.
"""

from collections.abc import Sequence
from pathlib import Path

from gossamer.core.record import ID_PREFIX_CHARS, MINTED_SESSION, Record
from gossamer.journal.blanking import blank_lines, has_said
from gossamer.projections.sessions.session import marks_of


class Forgetting:
    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def forget(self, records: Sequence[Record]) -> None:
        """OSError where the journal cannot be written."""
        meant = {record.id: record.session for record in records if has_said(record)}
        if meant:
            names = {name or MINTED_SESSION + one[ID_PREFIX_CHARS:] for one, name in meant.items()}
            marks = [mark for name in names for mark in marks_of(name)]
            blank_lines(self._journal, marks, lambda record: record.id in meant)
