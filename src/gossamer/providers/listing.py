"""Which models a provider has: asked of the provider itself, the way its own clients ask."""

import asyncio

import msgspec

from gossamer.http.call import Call
from gossamer.http.errors import CallFailed
from gossamer.http.heads import ResponseHead
from gossamer.http.limits import CallTimeouts
from gossamer.providers.http import HttpProvider

_TIMEOUTS = CallTimeouts(connect_s=3.0, first_byte_s=5.0, idle_s=5.0, total_s=8.0)
"""Somebody waits for the list; a provider that takes longer is left out of it."""
_LIST_BYTES = 4 * 1024 * 1024


class _Model(msgspec.Struct):
    id: str


class _List(msgspec.Struct):
    data: list[_Model]


_lists = msgspec.json.Decoder(_List)


class HttpLister:
    """Asks one provider behind HTTP."""

    def __init__(self, provider: HttpProvider) -> None:
        self.name = provider.name
        self._provider = provider

    async def models(self) -> list[str]:
        asked = self._provider.list_request()
        if asked is None:
            return []
        answer = _Collector()
        call = Call(asked, answer, _TIMEOUTS)
        self._provider.pool.send(call)
        try:
            status, body = await answer.done
        except CallFailed as error:
            raise OSError(str(error)) from error
        finally:
            call.cancel()
        if status != 200:
            raise OSError(f"answered {status}")
        try:
            return [model.id for model in _lists.decode(body).data]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise OSError(f"answered what is no list of models: {error}") from error


class MockLister:
    """The mock's models are known."""

    def __init__(self, name: str, models: tuple[str, ...]) -> None:
        self.name = name
        self._models = models

    async def models(self) -> list[str]:
        return list(self._models)


class _Collector:
    """A ResponseSink that waits for the whole of a small answer."""

    def __init__(self) -> None:
        self.done: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._status = 0
        self._parts: list[bytes] = []

    def request_waited(self) -> None:
        """Nobody asks how long a list took."""

    def response_complete(self, head: ResponseHead, body: bytes) -> None:
        self._status = head.status
        self._parts = [body]
        self.response_ended()

    def response_started(self, head: ResponseHead) -> None:
        self._status = head.status

    def response_data(self, data: bytes) -> None:
        self._parts.append(data)
        if sum(map(len, self._parts)) > _LIST_BYTES:
            self.response_failed(CallFailed(f"a list of more than {_LIST_BYTES} bytes"))

    def response_ended(self) -> None:
        if not self.done.done():
            self.done.set_result((self._status, b"".join(self._parts)))

    def response_failed(self, error: CallFailed) -> None:
        if not self.done.done():
            self.done.set_exception(error)
