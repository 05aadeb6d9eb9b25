"""Stands before every sink, so that none sees content which the settings want redacted.

Records without content, which is nearly all there are, pass as they are.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.config.capture import CaptureSettings
from gossamer.core.record import Content
from gossamer.policy.own_pattern import own_pattern
from gossamer.policy.redaction import Redactor
from gossamer.recorder.batch import Batch, Kept
from gossamer.recorder.sink import Sink

_encode: Final = msgspec.json.Encoder().encode


def curtained(sink: Sink, settings: CaptureSettings) -> Sink:
    """The sink, behind a curtain where one is wanted. What was captured before a restart is under it as well."""
    if settings.content == "full":
        return sink
    return Curtain(sink, _Veil(settings))


def veil(settings: CaptureSettings) -> Callable[[Kept], Kept]:
    """For records that come to a sink on another way than by a batch."""
    return (lambda kept: kept) if settings.content == "full" else _Veil(settings)


class Curtain:
    """A sink before a sink."""

    def __init__(self, sink: Sink, behind: Callable[[Kept], Kept]) -> None:
        self.name = sink.name
        self._sink = sink
        self._behind = behind

    def open(self) -> Mapping[str, int]:
        return self._sink.open()

    def take(self, batch: Batch) -> None:
        if any(kept.record.content is not None for kept in batch.kept):
            batch = replace(batch, kept=[self._behind(kept) for kept in batch.kept])
        self._sink.take(batch)

    def rest(self) -> None:
        self._sink.rest()

    def close(self) -> None:
        self._sink.close()


class _Veil:
    """What of a record a sink may see."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._redactor = Redactor({name: own_pattern(text) for name, text in settings.patterns.items()})

    def __call__(self, kept: Kept) -> Kept:
        content = kept.record.content
        if content is None or not (content.request or content.answer):
            return kept
        record = replace(kept.record, content=self._redacted(content))
        return replace(kept, record=record, data=_encode(record))

    def _redacted(self, content: Content) -> Content:
        redact = self._redactor.redact
        return replace(
            content,
            request=redact(content.request, is_cut=content.request_cut_bytes > 0),
            answer=redact(content.answer, is_cut=content.answer_cut_bytes > 0),
            is_redacted=True,
        )
