"""What messages and responses have in common: thoughts are a block of their own, which ends with a seal before anything
else is said.
"""

from typing import Final, Protocol

import msgspec

from gossamer.agents.voices.voice import Manner, Told
from gossamer.dialects.answer import Counts, Fault, Head, Quoted, Stop
from gossamer.dialects.conversation import Seal

_encode: Final = msgspec.json.Encoder().encode
_OWN_SEAL: Final = Seal("chat", "")


class Writer(Protocol):
    """A StreamWriter, as far as is needed here."""

    def begin(self, head: Head) -> bytes: ...

    def thinking(self, piece: Quoted) -> bytes: ...

    def seal(self, seal: Seal) -> bytes: ...

    def text(self, piece: Quoted) -> bytes: ...

    def ping(self) -> bytes: ...

    def finish(self, stop: Stop, sequence: str, counts: Counts | None, explanation: str) -> bytes: ...

    def fail(self, fault: Fault) -> bytes: ...


class SealedVoice:
    """The part of a Voice that knows nothing of tools."""

    def __init__(self, manner: Manner, writer: Writer) -> None:
        self._manner = manner
        self._told_by = writer
        self._is_thinking = False

    def begin(self) -> bytes:
        return self._told_by.begin(Head(self._manner.run, self._manner.agent))

    def think(self, text: str) -> bytes:
        if not self._manner.shows_steps:
            return b""
        self._is_thinking = True
        return self._told_by.thinking(_encode(text))

    def say(self, text: str) -> bytes:
        return self._sealed() + self._told_by.text(_encode(text))

    def ping(self) -> bytes:
        return self._told_by.ping()

    def end(self, told: Told) -> bytes:
        return self._sealed() + self._told_by.finish(told.stop, "", told.counts, "")

    def fail(self, fault: Fault) -> bytes:
        return self._told_by.fail(fault)

    def _sealed(self) -> bytes:
        """Thinking ends with a signature: what has none cannot be sent back."""
        if not self._is_thinking:
            return b""
        self._is_thinking = False
        return self._told_by.seal(_OWN_SEAL)
