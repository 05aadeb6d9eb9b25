"""A request body on its way to the provider as it comes, no more of it in memory than the wire holds."""

from gossamer.core.errors import InvalidRequest, SlowBody
from gossamer.core.exchange import Exchange
from gossamer.delivery.reply import refuse
from gossamer.http.call import UploadTaker
from gossamer.http.errors import HttpError, RequestRefused

_REFUSALS = {400: InvalidRequest, 408: SlowBody}
"""What the wire finds wrong with a body that nobody reads: its chunks, or its pace."""


class Upload:
    """Between the client (a BodySink) and the provider (an Uploader): either may be the slower one."""

    __slots__ = ("_exchange", "_taker")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._taker: UploadTaker | None = None

    # --- what the provider's connection tells ---

    def upload_wanted(self, call: UploadTaker) -> None:
        self._taker = call
        self._exchange.request.stream_to(self)

    def upload_slow(self) -> None:
        self._exchange.request.pause()

    def upload_ready(self) -> None:
        self._exchange.request.resume()

    # --- what the client's connection tells ---

    def body_data(self, data: bytes) -> None:
        if self._taker is not None:
            self._taker.write(data)

    def body_ended(self) -> None:
        if self._taker is not None:
            self._taker.end_upload()

    def body_failed(self, error: HttpError) -> None:
        """The half of a body that the provider has is worth nothing. A client that is gone is settled by the owner."""
        if self._taker is not None:
            self._taker.cancel()
        if isinstance(error, RequestRefused):
            self._refuse(error)

    def _refuse(self, refused: RequestRefused) -> None:
        """The provider was cancelled and says no more: the client hears it from us, unless an answer has begun."""
        exchange = self._exchange
        if exchange.total_ns:
            exchange.request.abort()
        else:
            refuse(exchange, _REFUSALS[refused.status](refused.reason))
