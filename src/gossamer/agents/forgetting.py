"""What the agents' process hears from the control process: which sessions were deleted for good."""

from typing import Any

from gossamer.agents.memory import Memory
from gossamer.core.tombstone import parse_tombstone
from gossamer.feed.messages import Changed, State


class Forgetting:
    """A FeedOwner. Of all that the feed tells, nothing else concerns agents."""

    def __init__(self, memory: Memory) -> None:
        self.revision = 0
        self._was_greeted = False
        self._memory = memory

    def connected(self) -> None:
        """Nothing has to be asked."""

    def lost(self) -> None:
        """What was missed is told when the control process is back."""

    def heard(self, said: Any) -> None:
        match said:
            case Changed(revision=revision, sessions=sessions):
                self.revision = revision
                for text in sessions:
                    self._memory.forget(parse_tombstone(text).session)
            case State(revision=revision, is_whole=is_whole):
                self.revision = revision
                if is_whole and self._was_greeted:
                    self._memory.forget_all()
                # Before the first greeting there was no control process, and so nobody who deleted anything.
                self._was_greeted = True
