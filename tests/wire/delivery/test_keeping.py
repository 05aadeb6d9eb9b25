"""Responses that are kept: what goes up, what comes down and when, and what happens where nobody can keep them."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gossamer.config.cache import CacheSettings
from gossamer.config.capture import CaptureSettings
from gossamer.config.responses import ResponsesSettings
from gossamer.config.settings import Settings
from gossamer.core.errors import Unavailable
from gossamer.core.exchange import Exchange
from gossamer.core.ports import Reply, ResponseKeeper
from gossamer.delivery.recollection import Recollection
from gossamer.delivery.remembering import MOST_OF_HOUSE, Remembering
from gossamer.feed.responses import Client as Asked
from gossamer.feed.responses import Gone, Keep, Kept, Recall, Recalled, TooLong
from gossamer.http.turn import Turn
from gossamer.policy.headers import JSON_LINE
from gossamer.worker.cache import WorkerCache
from gossamer.worker.idempotency import open_idempotency
from gossamer.worker.responses import WorkerResponses
from tests.wire.conftest import eventually
from tests.wire.delivery.gateway import END, STREAM_HEAD, Client, Gateway, Origin, chunk, listening, settings_for, whole

encode, decode = msgspec.json.encode, msgspec.json.decode
PATH = "/v1/responses"
ASK: dict[str, Any] = {"model": "alias", "input": "hi"}
MESSAGE = {
    "type": "message",
    "id": "msg_theirs",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "so", "annotations": []}],
}
TOLD: dict[str, Any] = {
    "id": "resp_theirs",
    "object": "response",
    "status": "completed",
    "output": [MESSAGE],
    "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
}
BEFORE = {"type": "message", "id": "msg_1", "status": "completed", "role": "user", "content": "before"}


class Archive:
    """What the control process would be. `gate` holds up who keeps; `is_away` says that nobody can be asked."""

    def __init__(self) -> None:
        self.kept: list[Keep] = []
        self.asked: list[Recall] = []
        self.answer: Recalled | Gone | TooLong = Recalled(encode(BEFORE), 1, 1e12)
        self.why_not = ""
        self.is_away = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def recall(self, asked: Recall) -> Recalled | Gone | TooLong:
        self.asked.append(asked)
        await self._ask()
        return self.answer

    async def keep(self, asked: Keep) -> Kept:
        await self._ask()
        self.kept.append(asked)
        return Kept(self.why_not)

    async def serve(self, asked: Asked) -> Reply:
        await self._ask()
        return Reply(200, JSON_LINE, encode([asked.house, asked.method, asked.path, asked.query]))

    async def _ask(self) -> None:
        await self.gate.wait()
        if self.is_away:
            raise Unavailable("nobody is there", retry_after_s=1.0)


class Responses(WorkerResponses):
    """With such an archive."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(Path("/nowhere"), Turn(asyncio.get_running_loop()))
        self._archive = archive
        self.recollection = Recollection(100_000)

    def keeper(self, settings: ResponsesSettings) -> ResponseKeeper | None:
        if settings.state != "gateway":
            return super().keeper(settings)
        return Remembering(settings, self._archive, self.recollection, self._note_unkept)

    def forget(self) -> None:
        self.recollection.forget()


class Place:
    """One gateway, its provider, and where it keeps."""

    def __init__(self, gateway: Gateway, origin: Origin, archive: Archive, responses: Responses) -> None:
        self.gateway = gateway
        self.origin = origin
        self.archive = archive
        self.responses = responses

    async def ask(self, *lines: str, **more: Any) -> Client:
        client = await self.gateway.client()
        await client.ask({**ASK, **more}, PATH, *lines)
        return client

    async def told(self, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the provider was asked and the client was told."""
        client = await self.ask(**more)
        visit = await self.origin.visit()
        visit.write(whole(encode(TOLD)))
        return decode(visit.body), decode((await client.answer()).body)


@asynccontextmanager
async def placed(
    change: Callable[[Settings], Settings] = lambda settings: settings, *, has_keys: bool = False
) -> AsyncIterator[Place]:
    async with listening(Origin()) as origin:
        archive = Archive()
        responses = Responses(archive)
        settings = change(settings_for(origin))
        keys = open_idempotency(settings, 0, pytest.fail) if has_keys else None
        gateway = Gateway(settings, WorkerCache(), responses, keys)
        await gateway.listen()
        try:
            yield Place(gateway, origin, archive, responses)
        finally:
            archive.gate.set()
            await gateway.close()
            if keys is not None:
                await keys.close()
            responses.close()
            await eventually(lambda: origin.open == 0)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with placed() as found:
        yield found


def events(*kinds: str, **more: Any) -> list[bytes]:
    return [event(kind, **more) for kind in kinds]


def event(kind: str, **more: Any) -> bytes:
    said: dict[str, Any] = {"type": kind, "sequence_number": 1, **more}
    if not kind.endswith(".delta"):
        status = kind.removeprefix("response.").replace("created", "in_progress")
        said["response"] = {**TOLD, "status": status}
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), encode(said))


DELTA = event("response.output_text.delta", delta="so", item_id="msg_theirs")


# --- what goes up, and what comes down ---


async def test_it_is_kept_here_and_nowhere_else(place: Place):
    asked, told = await place.told()
    assert asked == {"model": "real", "input": "hi", "store": False}
    (kept,) = place.archive.kept
    assert told == {**TOLD, "id": kept.id, "store": True, "previous_response_id": None}
    assert kept.id.startswith("resp_")
    assert len(kept.id) > 40
    assert decode(kept.body) == told
    assert decode(kept.output) == [MESSAGE]
    assert [item["content"][0]["text"] for item in decode(kept.input)] == ["hi"]
    assert (kept.house, kept.previous, kept.items) == ("key tester", None, 2)
    record = await place.gateway.record()
    assert kept.session == "ses_" + record.id.removeprefix("req_")


async def test_nothing_of_it_waits_for_the_collector(place: Place):
    gc.collect()
    before = {id(each) for each in gc.get_objects() if isinstance(each, Exchange)}
    gc.disable()
    try:
        await place.told()
        await place.gateway.record()
        left = [each for each in gc.get_objects() if isinstance(each, Exchange) and id(each) not in before]
        assert not left, "its request holds what keeps it, and that held the exchange"
    finally:
        gc.enable()


async def test_what_went_before_is_written_before_the_input(place: Place):
    asked, told = await place.told(previous_response_id="resp_before", instructions="be brief")
    assert asked == {
        "model": "real",
        "input": [
            {"type": "message", "role": "user", "content": "before"},
            {"type": "message", "role": "user", "content": "hi"},
        ],
        "instructions": "be brief",
        "store": False,
    }
    assert told["previous_response_id"] == "resp_before"
    assert [(each.house, each.id) for each in place.archive.asked] == [("key tester", "resp_before")]
    assert place.archive.kept[0].previous == "resp_before"


async def test_what_this_worker_has_seen_it_need_not_ask_for(place: Place):
    _, first = await place.told()
    asked, second = await place.told(previous_response_id=first["id"])
    assert [item["role"] for item in asked["input"]] == ["user", "assistant", "user"]
    assert place.archive.asked == []
    place.responses.forget()  # as when anything is deleted
    await place.told(previous_response_id=second["id"])
    assert [each.id for each in place.archive.asked] == [second["id"]]
    await place.told(previous_response_id=second["id"])
    assert len(place.archive.asked) == 1


async def test_a_conversation_is_always_asked_for(place: Place):
    for _ in range(2):
        asked, told = await place.told(conversation={"id": "conv_1"})
        assert len(asked["input"]) == 2
        assert "conversation" not in asked
        assert told["conversation"] == {"id": "conv_1"}
    assert [(each.noun, each.id) for each in place.archive.asked] == [("conversation", "conv_1")] * 2
    assert [(each.conversation, each.start) for each in place.archive.kept] == [("conv_1", 1)] * 2


async def test_who_asks_for_nothing_gets_the_providers_own_bytes(place: Place):
    client = await place.ask(store=False, model="real")
    visit = await place.origin.visit()
    assert visit.body == encode({**ASK, "store": False, "model": "real"})
    body = b'{ "id" : "resp_theirs", "output": [] }'
    visit.write(whole(body))
    assert (await client.answer()).body == body
    assert place.archive.kept == []


async def test_what_goes_on_need_not_be_kept(place: Place):
    asked, told = await place.told(previous_response_id="resp_before", store=False)
    assert len(asked["input"]) == 2
    assert (told["id"], told["store"], told["previous_response_id"]) == ("resp_theirs", False, "resp_before")
    assert place.archive.kept == []


async def test_sealed_reasoning_is_asked_for(place: Place):
    asked, _ = await place.told(reasoning={"effort": "low"})
    assert asked["include"] == ["reasoning.encrypted_content"]


# --- when it leaves ---


async def test_the_answer_waits_for_the_store(place: Place):
    place.archive.gate.clear()
    client = await place.ask()
    visit = await place.origin.visit()
    visit.write(whole(encode(TOLD)))
    await place.gateway.record()
    assert not await has_come(client)
    place.archive.gate.set()
    assert decode((await client.answer()).body)["store"] is True


async def test_the_last_event_waits_for_the_store(place: Place):
    place.archive.gate.clear()
    client = await place.ask(stream=True)
    visit = await place.origin.visit()
    visit.write(STREAM_HEAD, chunk(event("response.created")), chunk(DELTA))
    visit.write(chunk(event("response.completed") + b": and more\n\n"), END)
    await client.head()
    assert (await client.until(DELTA + b"\r\n")).count(b"event: response.created") == 1
    await place.gateway.record()
    assert not await has_come(client)
    place.archive.gate.set()
    rest = await client.chunked_body()
    (kept,) = place.archive.kept
    last, _, behind = rest.partition(b"\n\n")
    said = decode(last.partition(b"data: ")[2])
    assert (said["type"], said["response"]["id"], said["response"]["store"]) == ("response.completed", kept.id, True)
    assert behind == b": and more\n\n"


async def test_all_events_tell_the_same_id(place: Place):
    client = await place.ask(stream=True)
    visit = await place.origin.visit()
    visit.write(STREAM_HEAD, chunk(b"".join(events("response.created", "response.in_progress")) + DELTA))
    visit.write(chunk(event("response.incomplete")), END)
    await client.head()
    told = await client.chunked_body()
    names = {decode(each.partition(b"data: ")[2]).get("response", {}).get("id") for each in told.split(b"\n\n") if each}
    assert names == {None, place.archive.kept[0].id}
    assert DELTA in told


async def test_a_client_that_leaves_meanwhile_has_its_response_kept(place: Place):
    place.archive.gate.clear()
    client = await place.ask()
    visit = await place.origin.visit()
    visit.write(whole(encode(TOLD)))
    await place.gateway.record()
    client.close()
    place.archive.gate.set()
    async with asyncio.timeout(5):
        while not place.archive.kept:
            await asyncio.sleep(0.001)


async def test_a_large_answer_that_comes_in_pieces_is_kept(place: Place):
    long = {**TOLD, "output": [{**MESSAGE, "content": [{"type": "output_text", "text": "x" * 2_000_000}]}]}
    client = await place.ask()
    visit = await place.origin.visit()
    visit.write(whole(encode(long)))
    told = decode((await client.answer()).body)
    assert told["id"] == place.archive.kept[0].id
    assert told["output"] == long["output"]


async def test_content_that_is_captured_has_the_answer(tmp_path: Path):
    async with placed(lambda found: msgspec.structs.replace(found, capture=CaptureSettings(content="full"))) as place:
        _, told = await place.told()
        record = await place.gateway.record()
        assert record.content is not None
        assert decode(record.content.answer) == told
        client = await place.ask(stream=True)
        visit = await place.origin.visit()
        visit.write(
            STREAM_HEAD, chunk(event("response.created")), chunk(DELTA), chunk(event("response.completed")), END
        )
        await client.head()
        await client.chunked_body()
        record = await place.gateway.record(2)
        assert record.content is not None
        assert "so" in record.content.answer


async def test_the_same_question_is_paid_once_and_kept_twice():
    cached = CacheSettings(enabled=True)
    async with placed(lambda found: msgspec.structs.replace(found, cache=cached)) as place:
        _, first = await place.told()
        client = await place.ask()
        second = decode((await client.answer()).body)
        assert first["id"] != second["id"]
        assert [each.id for each in place.archive.kept] == [first["id"], second["id"]]
        assert place.origin.accepted == 1


async def test_a_stream_out_of_the_cache_is_kept_too():
    """It comes in one piece, and is told in this response's own words all the same."""
    cached = CacheSettings(enabled=True)
    async with placed(lambda found: msgspec.structs.replace(found, cache=cached)) as place:
        client = await place.ask(stream=True)
        visit = await place.origin.visit()
        visit.write(STREAM_HEAD, *map(chunk, [*events("response.created"), DELTA, *events("response.completed")]), END)
        await client.head()
        first = await client.chunked_body()
        again = await place.ask(stream=True)
        head = await again.head()
        assert head.headers[b"x-gossamer-cache"] == b"hit-l1"
        assert b"x-gossamer-stored" not in head.headers
        second = await again.chunked_body()
        one, other = [each.id for each in place.archive.kept]
        assert one != other
        assert second.replace(other.encode(), one.encode()) == first
        assert place.origin.accepted == 1


# --- what is not kept ---


@pytest.mark.parametrize("trouble", ["away", "deleted"])
async def test_an_answer_that_cannot_be_kept_is_given_and_says_so(place: Place, trouble: str):
    place.archive.is_away, place.archive.why_not = trouble == "away", "its session was deleted"
    client = await place.ask()
    visit = await place.origin.visit()
    visit.write(whole(encode(TOLD)))
    answer = await client.answer()
    assert answer.status == 200
    assert answer.headers[b"x-gossamer-stored"] == b"false"
    assert decode(answer.body)["store"] is False
    assert decode(answer.body)["output"] == [MESSAGE]
    client = await place.ask(stream=True)
    visit = await place.origin.visit()
    visit.write(STREAM_HEAD, chunk(DELTA), chunk(event("response.completed")), END)
    await client.head()
    assert b'"store":false' in await client.chunked_body()
    assert place.responses.unkept == 2


@pytest.mark.parametrize("ending", ["response.failed", "cut"])
async def test_what_cannot_be_gone_on_from_is_not_kept(place: Place, ending: str):
    client = await place.ask(stream=True)
    visit = await place.origin.visit()
    visit.write(STREAM_HEAD, chunk(event("response.created")), chunk(DELTA))
    if ending == "cut":
        visit.close()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.head()
            await client.chunked_body()
    else:
        visit.write(chunk(event(ending)), END)
        await client.head()
        assert (await client.chunked_body()).count(b'"store":false') == 1
    await place.gateway.record()
    assert place.archive.kept == []


async def test_a_refusal_passes(place: Place):
    client = await place.ask()
    visit = await place.origin.visit()
    visit.write(whole(b'{"error":{"message":"no"}}', 422))
    answer = await client.answer()
    assert (answer.status, answer.body) == (422, b'{"error":{"message":"no"}}')
    assert place.archive.kept == []


# --- what cannot be gone on from ---


async def refused(place: Place, **more: Any) -> tuple[Any, dict[str, Any]]:
    client = await place.ask(**more)
    answer = await client.answer()
    error: dict[str, Any] = decode(answer.body)["error"]
    assert place.origin.accepted == 0
    return answer, error


async def test_nobody_says_that_there_is_none_while_nobody_can_say(place: Place):
    place.archive.is_away = True
    answer, error = await refused(place, previous_response_id="resp_before")
    assert (answer.status, error["code"]) == (503, "unavailable")
    assert int(answer.headers[b"retry-after"]) >= 1


@pytest.mark.parametrize("is_broken", [False, True])
async def test_an_unknown_response_is_named(place: Place, is_broken: bool):
    place.archive.answer = Gone(is_broken=is_broken)
    answer, error = await refused(place, previous_response_id="resp_before")
    assert (answer.status, error["code"], error["param"], error["type"]) == (
        400, "previous_response_not_found", "previous_response_id", "invalid_request_error",
    )  # fmt: skip
    assert error["message"].startswith("Previous response with id 'resp_before' not found")


async def test_an_unknown_conversation_is_named(place: Place):
    place.archive.answer = Gone()
    answer, error = await refused(place, conversation="conv_1")
    assert (answer.status, error["param"]) == (404, "conversation")
    assert error["message"] == "Conversation with id 'conv_1' not found."


async def test_what_is_too_long_is_named(place: Place):
    place.archive.answer = TooLong(5000, 10)
    answer, error = await refused(place, previous_response_id="resp_before")
    assert answer.status == 400
    assert "5000 items" in error["message"]
    assert "responses.max_items" in error["message"]


async def test_an_input_that_is_too_large_to_be_kept_is_named():
    small = ResponsesSettings(max_bytes=100)
    async with placed(lambda found: msgspec.structs.replace(found, responses=small)) as place:
        answer, error = await refused(place, input="x" * 200)
        assert (answer.status, error["param"]) == (400, "input")
        assert "responses.max_size" in error["message"]
        asked, _ = await place.told(input="x" * 200, store=False)
        assert asked["input"] == "x" * 200


async def test_an_output_that_is_too_large_to_be_kept_is_given():
    small = ResponsesSettings(max_bytes=100)
    async with placed(lambda found: msgspec.structs.replace(found, responses=small)) as place:
        _, told = await place.told()
        assert (told["store"], told["output"]) == (False, [MESSAGE])


async def test_background_is_refused(place: Place):
    answer, error = await refused(place, background=True)
    assert (answer.status, error["param"]) == (400, "background")


# --- who keeps ---


async def test_where_the_provider_keeps_all_passes():
    theirs = ResponsesSettings(state="provider")
    async with placed(lambda found: msgspec.structs.replace(found, responses=theirs)) as place:
        asked, told = await place.told(previous_response_id="resp_x", store=True)
        assert asked == {**ASK, "model": "real", "previous_response_id": "resp_x", "store": True}
        assert told == TOLD
        client = await place.gateway.client()
        await client.ask(b"", f"{PATH}/resp_x", method="GET")
        visit = await place.origin.visit()
        assert visit.head.startswith(b"GET /v1/responses/resp_x ")
        visit.write(whole(encode(TOLD)))
        assert (await client.answer()).status == 200


async def test_where_nobody_keeps_providers_are_told_so():
    nobodys = ResponsesSettings(state="none")
    async with placed(lambda found: msgspec.structs.replace(found, responses=nobodys)) as place:
        asked, told = await place.told()
        assert asked["store"] is False
        assert (told["id"], told["store"]) == ("resp_theirs", False)
        client = await place.ask(previous_response_id="resp_x")
        assert (await client.answer()).status == 400
        client = await place.gateway.client()
        await client.ask(b"", f"{PATH}/resp_x", method="GET")
        assert (await client.answer()).status == 404


async def test_what_is_kept_is_asked_for_in_the_house_of_the_key(place: Place):
    client = await place.gateway.client()
    await client.ask(b"", f"{PATH}/resp_1/input_items?limit=2", method="GET")
    answer = await client.answer()
    assert decode(answer.body) == ["key tester", "GET", "/v1/responses/resp_1/input_items", "limit=2"]
    place.archive.is_away = True
    await client.ask(b"", f"{PATH}/resp_1", method="GET")
    assert (await client.answer()).status == 503


async def test_one_house_cannot_keep_the_store_busy_for_all(place: Place):
    place.archive.gate.clear()
    clients = [await place.gateway.client() for _ in range(MOST_OF_HOUSE + 1)]
    for client in clients:
        await client.ask(b"", f"{PATH}/resp_1", method="GET")
    assert (await clients[-1].answer()).status == 429
    place.archive.gate.set()
    assert {(await client.answer()).status for client in clients[:-1]} == {200}


async def has_come(client: Client) -> bool:
    """Whether anything has come within a moment: long enough for what does not wait to be there."""
    try:
        async with asyncio.timeout(0.05):
            await client.reader.readexactly(1)
    except TimeoutError:
        return False
    return True


# --- with a key of its own ---


async def test_the_same_key_gets_the_same_response_and_nothing_is_made_anew_for_it(tmp_path: Path):
    """Neither kept twice, nor asked what went before: that may be gone by now."""
    key = "idempotency-key: 5f9c"
    before = {"previous_response_id": "resp_before"}
    async with placed(lambda settings: replace(settings, data_dir=str(tmp_path)), has_keys=True) as place:
        client = await place.ask(key, **before)
        (await place.origin.visit()).write(whole(encode(TOLD)))
        first = await client.answer()
        place.archive.is_away = True
        again = await (await place.ask(key, **before)).answer()
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers[b"idempotent-replayed"] == b"true"
        assert [kept.id for kept in place.archive.kept] == [decode(first.body)["id"]]
        assert len(place.archive.asked) == 1
        assert place.origin.accepted == 1


@pytest.mark.parametrize("lines", [("idempotency-key: 5f9c",), ("x-gossamer-answer-metadata: true",)])
@pytest.mark.parametrize("path", [PATH, "/v1/chat/completions"])
async def test_content_that_is_captured_has_the_answer_whatever_it_waits_for(
    tmp_path: Path, path: str, lines: tuple[str, ...]
):
    captured = CaptureSettings(content="full")
    async with placed(
        lambda settings: replace(settings, data_dir=str(tmp_path), capture=captured), has_keys=True
    ) as place:
        client = await place.gateway.client()
        await client.ask({"model": "alias", "input": "hi", "messages": []}, path, *lines)
        (await place.origin.visit()).write(whole(encode(TOLD)))
        told = decode((await client.answer()).body)
        record = await place.gateway.record()
        assert record.content is not None
        said = decode(record.content.answer)
        assert (said["id"], said["output"]) == (told["id"], told["output"])
