"""The sink of the spans: gathers them for a moment, sends them together, and then notes how far it has come.

At least once: a process that dies over it sends again what it had not noted. What a collector refuses having looked at
it would be refused again, so it is counted, said and left behind.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from gossamer import __version__
from gossamer.config.telemetry import TelemetrySettings
from gossamer.core.clock import now_ns, wall_time
from gossamer.core.logs import get_log
from gossamer.recorder.batch import Batch
from gossamer.recorder.telemetry import otlp
from gossamer.recorder.telemetry.bookmark import Bookmark, read_bookmark, write_bookmark
from gossamer.recorder.telemetry.collector import Collector
from gossamer.recorder.telemetry.conventions import SCHEMA_URL
from gossamer.recorder.telemetry.selection import is_told
from gossamer.recorder.telemetry.spans import spans_of

MOST_SPANS: Final = 1024
"""In one request: about a megabyte before it is packed, and what collectors take without being told to take more."""
GATHERED_NS: Final = 900_000_000
"""For how long spans wait for others to go with them: until the next look of the pump."""
_SCOPE: Final = otlp.Scope("gossamer", __version__)

_log = get_log(__name__)


class TelemetrySink:
    """`sent` and `refused` count spans since the recorder's start, for whoever asks."""

    name: Final = "otlp"

    def __init__(
        self,
        path: Path,
        settings: TelemetrySettings,
        providers: Mapping[str, str],
        resource: otlp.Resource,
        collector: Collector,
        clock: Callable[[], int] = now_ns,
    ) -> None:
        self.sent = self.refused = 0
        self._path = path
        self._settings = settings
        self._providers = providers
        self._resource = resource
        self._collector = collector
        self._clock = clock
        self._bookmark = Bookmark(0.0, {})
        self._spans: list[otlp.Span] = []
        self._is_behind = False
        """Whether the bookmark has moved since it was noted."""
        self._behind_since_ns = 0

    def open(self) -> Mapping[str, int]:
        self._forget()
        self._bookmark = read_bookmark(self._path, wall_time())
        if not self._bookmark.positions:
            write_bookmark(self._path, self._bookmark)  # when it began must outlive us, too
        return dict(self._bookmark.positions)

    def take(self, batch: Batch) -> None:
        for kept in batch.kept:
            if kept.record.at >= self._bookmark.since and is_told(kept.record, self._settings):
                self._spans += spans_of(kept, self._providers)
        positions = self._bookmark.positions
        positions.update(batch.moved)
        for name in batch.gone:
            positions.pop(name, None)
        if not self._is_behind:
            self._is_behind = True
            self._behind_since_ns = self._clock()
        self.rest()

    def rest(self) -> None:
        is_due = len(self._spans) >= MOST_SPANS or self._clock() - self._behind_since_ns >= GATHERED_NS
        if self._is_behind and is_due:
            self._tell()

    def close(self) -> None:
        """What is gathered is told, unless that has just failed. Raises SinkAway."""
        if self._is_behind:
            self._tell()

    # --- inside ---

    def _tell(self) -> None:
        """All or nothing: after a failure the bookmark on the disk is what counts, and what was told comes again."""
        spans = self._spans
        self._is_behind = False  # what fails here must not be tried again on closing
        for start in range(0, len(spans), MOST_SPANS):
            self._send(spans[start : start + MOST_SPANS])
        self._forget()
        write_bookmark(self._path, self._bookmark)

    def _send(self, spans: list[otlp.Span]) -> None:
        scopes = (otlp.ScopeSpans(_SCOPE, spans, SCHEMA_URL),)
        request = otlp.Request((otlp.ResourceSpans(self._resource, scopes, SCHEMA_URL),))
        said = self._collector.send(otlp.encode(request))
        if said.is_refusal:
            self.refused += len(spans)
            _log.error(
                "the collector refuses spans, which are left behind",
                spans=len(spans),
                status=said.status,
                reason=otlp.read_refusal(said.body),
            )
            return
        partial = otlp.read_response(said.body).partial_success
        self.refused += partial.rejected_spans
        self.sent += len(spans) - partial.rejected_spans
        if partial.rejected_spans or partial.error_message:
            _log.warning(
                "the collector took spans in part", refused=partial.rejected_spans, reason=partial.error_message
            )

    def _forget(self) -> None:
        self._spans = []
        self._is_behind = False
