"""A request body on its way to the provider as it comes, no more of it in memory than the wire holds."""

from collections.abc import Callable

from gossamer.core.errors import CallerError
from gossamer.core.exchange import Exchange
from gossamer.http.call import UploadTaker
from gossamer.http.errors import HttpError, RequestRefused
from gossamer.policy.admission import BODY_ERRORS


class Upload:
    """Between the client (a BodySink) and the provider (an Uploader): either may be the slower one."""

    __slots__ = ("_exchange", "_refuse", "_taker")

    def __init__(self, exchange: Exchange, refuse: Callable[[CallerError], None]) -> None:
        self._exchange = exchange
        self._refuse = refuse
        self._taker: UploadTaker | None = None

    @property
    def has_begun(self) -> bool:
        """Whether any of it may have gone out: what has is not there any more."""
        return self._taker is not None

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
        """The half of a body that the provider has is worth nothing. Of a client that left, its connection tells."""
        if isinstance(error, RequestRefused):
            self._refuse(BODY_ERRORS[error.status](error.reason))
        elif self._taker is not None:
            self._taker.cancel()
