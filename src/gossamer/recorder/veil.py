"""Hangs between the journal and every sink, so that none sees content which the settings want redacted.

Records without content, which is nearly all there are, pass as they are.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from gossamer.config.capture import CaptureSettings
from gossamer.core.logs import get_log
from gossamer.core.record import Content
from gossamer.policy.own_pattern import own_pattern
from gossamer.policy.redaction import Redactor
from gossamer.recorder.batch import Kept

Veil = Callable[[list[Kept]], list[Kept]]
"""What of records sinks may see."""

_encode: Final = msgspec.json.Encoder().encode
_log = get_log(__name__)


def bare(kept: list[Kept]) -> list[Kept]:
    """No veil: all of it."""
    return kept


def veil(settings: CaptureSettings) -> Veil:
    """As the settings want it. What was captured before a restart is under it as well."""
    return bare if settings.content == "full" else _Redacting(settings)


class _Redacting:
    def __init__(self, settings: CaptureSettings) -> None:
        self._redactor = Redactor({name: own_pattern(text) for name, text in settings.patterns.items()})

    def __call__(self, kept: list[Kept]) -> list[Kept]:
        if all(each.record.content is None for each in kept):
            return kept
        return [self._seen(each) for each in kept]

    def _seen(self, kept: Kept) -> Kept:
        content = kept.record.content
        if content is None or not (content.request or content.answer):
            return kept
        record = replace(kept.record, content=self._redacted(kept.record.id, content))
        return replace(kept, record=record, data=_encode(record))

    def _redacted(self, record_id: str, content: Content) -> Content:
        redact = self._redactor.redact
        try:
            request = redact(content.request, is_cut=content.request_cut_bytes > 0)
            answer = redact(content.answer, is_cut=content.answer_cut_bytes > 0)
        except Exception as error:  # noqa: BLE001 - logged; what cannot be looked through is shown to nobody
            _log.defect(f"what was said in {record_id} cannot be redacted, and is left out", error)
            request = answer = ""
        return replace(content, request=request, answer=answer, is_redacted=True)
