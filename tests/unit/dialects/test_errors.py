"""Errors on the wire, and what the official client makes of them."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent

from gossamer.core.errors import BodyTooLarge, InvalidApiKey, InvalidRequest, ProviderTimeout
from gossamer.dialects.errors import render_error, render_stream_error

TOO_SLOW = ProviderTimeout("The provider sent nothing for 60 s. Try again.")


@pytest.mark.parametrize("dialect", ["chat", "completions", "responses", "embeddings", "other"])
def test_an_answer_in_the_shape_of_openai(dialect):
    error = InvalidRequest('"model" is missing.', param="model")

    assert render_error(error, dialect) == (
        b'{"error":{"message":"\\"model\\" is missing.","type":"invalid_request_error","param":"model",'
        b'"code":"invalid_request"}}'
    )


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (
            InvalidApiKey("No key. Send one."),
            b'{"type":"error","error":{"type":"authentication_error","message":"No key. Send one."}}',
        ),
        (
            BodyTooLarge("Too large."),
            b'{"type":"error","error":{"type":"request_too_large","message":"Too large."}}',
        ),
    ],
)
def test_an_answer_in_the_shape_of_messages(error, body):
    assert render_error(error, "messages") == body


def test_without_a_dialect_it_is_openai():
    assert render_error(TOO_SLOW) == render_error(TOO_SLOW, "chat")


@pytest.mark.parametrize(
    ("dialect", "event"),
    [
        (
            "chat",
            (
                b'data: {"error":{"message":"The provider sent nothing for 60 s. Try again.","type":"timeout_error",'
                b'"param":null,"code":"provider_timeout"}}\n\n'
            ),
        ),
        (
            "responses",
            (
                b'event: error\ndata: {"type":"error","code":"provider_timeout",'
                b'"message":"The provider sent nothing for 60 s. Try again.","param":null,"sequence_number":7,'
                b'"error":{"message":"The provider sent nothing for 60 s. Try again.","type":"timeout_error",'
                b'"param":null,"code":"provider_timeout"}}\n\n'
            ),
        ),
        (
            "messages",
            (
                b'event: error\ndata: {"type":"error","error":{"type":"timeout_error",'
                b'"message":"The provider sent nothing for 60 s. Try again."}}\n\n'
            ),
        ),
    ],
)
def test_an_error_in_the_middle_of_a_stream(dialect, event):
    assert render_stream_error(TOO_SLOW, dialect, sequence_number=7) == event


def test_a_message_never_breaks_the_event():
    event = render_stream_error(InvalidRequest("one\n\ntwo\r\rdata: three"), "chat")

    assert event.count(b"\n") == 2
    assert b"\r" not in event


class StreamedAnswer:
    """As much of a response as the official client's stream reads of it."""

    request = None

    def __init__(self, body: bytes) -> None:
        self.body = body

    def iter_bytes(self) -> Iterator[bytes]:
        yield self.body

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("dialect", "events_of", "before"),
    [
        (
            "chat",
            ChatCompletionChunk,
            b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n',
        ),
        (
            "responses",
            ResponseStreamEvent,
            (
                b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi",'
                b'"item_id":"i","output_index":0,"content_index":0,"logprobs":[],"sequence_number":1}\n\n'
            ),
        ),
    ],
)
def test_the_official_client_raises_in_the_midst_of_its_stream(dialect, events_of, before):
    answer: Any = StreamedAnswer(before + render_stream_error(TOO_SLOW, dialect, sequence_number=2))
    client = openai.OpenAI(api_key="none", base_url="http://127.0.0.1:9/v1")
    stream: openai.Stream[Any] = openai.Stream(cast_to=events_of, response=answer, client=client)

    next(stream)
    with pytest.raises(openai.APIError) as raised:
        next(stream)

    assert raised.value.message == TOO_SLOW.message
    assert raised.value.code == "provider_timeout"
    client.close()
