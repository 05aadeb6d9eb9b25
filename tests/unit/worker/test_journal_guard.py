"""The door is closed while the journal has no room, and each change is said once."""

import pytest

from gossamer.worker.journal_guard import JournalGuard


class Journal:
    def __init__(self) -> None:
        self.failure: OSError | None = None

    def lack(self) -> OSError | None:
        return self.failure


class Door:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def close_for(self, reason: str) -> None:
        self.heard.append(reason)

    def reopen(self) -> int:
        self.heard.append("open")
        return 3


async def test_it_closes_and_opens_with_the_room(caplog: pytest.LogCaptureFixture):
    journal, door = Journal(), Door()
    guard = JournalGuard(journal, door)

    def look() -> None:
        guard.end()
        guard.look()

    look()
    journal.failure = OSError(28, "No space left on device")
    look()
    look()
    journal.failure = None
    look()
    look()
    guard.end()
    assert door.heard == ["the journal has no room (No space left on device)", "open"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
