"""Whatever goes wrong comes out of the official OpenAI SDK as its own exception, and the message says what to do."""

import socket
from collections.abc import Iterator
from uuid import uuid4

import openai
import pytest
from openai import APIError, APIStatusError, APITimeoutError, OpenAI
from openai.types.chat import ChatCompletionChunk

from tests.system.gateway import PROVIDER_KEY, TOKEN, Gateway, Mock, standard_config, start_gateway
from tests.system.sdk import HELLO, Client, each, got

NARROW_TOKEN = "gsm_test_narrow"


@pytest.fixture(scope="module")
def choosy(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that sends nothing to a provider which was not named, and has providers that do not answer."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    config = standard_config(
        provider.url,
        providers={
            "up": {"kind": "openai-compatible", "base_url": f"{provider.url}/v1", "api_keys": [PROVIDER_KEY]},
            "hasty": {
                "kind": "openai-compatible",
                "base_url": f"{provider.url}/v1",
                "timeouts": {"first_byte": "200ms", "idle": "200ms"},
            },
            "away": {"kind": "openai-compatible", "base_url": nobody},
        },
        models={"house": "up/mock"},
        default_provider=None,
        keys=[{"name": "test", "token": TOKEN}, {"name": "narrow", "token": NARROW_TOKEN, "models": ["up/mock"]}],
    )
    with start_gateway(tmp_path_factory.mktemp("choosy"), config) as gateway:
        yield gateway


@pytest.fixture
def chooser(choosy: Gateway) -> Iterator[OpenAI]:
    with OpenAI(base_url=choosy.base_url, api_key=choosy.token, max_retries=0) as client:
        yield client


# --- whole answers: the same behind HTTP and in the process ---


@pytest.mark.parametrize(
    ("model", "raised", "status", "code"),
    [
        ("mock-400-context", openai.BadRequestError, 400, "context_length_exceeded"),
        ("mock-404", openai.NotFoundError, 404, "model_not_found"),
        ("mock-429-always:7", openai.RateLimitError, 429, "rate_limit_exceeded"),
        ("mock-500", openai.InternalServerError, 502, "provider_unavailable"),
        ("mock-503", openai.InternalServerError, 503, "provider_unavailable"),
        ("mock-401", openai.InternalServerError, 502, "provider_auth"),
        ("mock-reset", openai.InternalServerError, 502, "provider_unavailable"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_what_a_provider_answers_is_raised(
    client: Client, model: str, raised: type[APIStatusError], status: int, code: str, stream: bool
):
    with pytest.raises(raised) as refused:
        await got(
            client.with_options(max_retries=0).chat.completions.create(model=model, messages=HELLO, stream=stream)
        )
    assert (refused.value.status_code, refused.value.code) == (status, code)
    assert refused.value.response.headers["x-gossamer-attempts"] == "1"
    assert refused.value.response.headers.get("retry-after") == ("7" if status == 429 else None)
    assert PROVIDER_KEY not in refused.value.response.text


async def test_a_wrong_key_is_an_authentication_error(client: Client):
    for key in ("gsm_nobody", "sk-of-somebody-else"):
        with pytest.raises(openai.AuthenticationError) as refused:
            await got(client.with_options(api_key=key).chat.completions.create(model="mock", messages=HELLO))
        assert refused.value.code == "invalid_api_key"
        assert key not in refused.value.response.text


async def test_a_path_that_nobody_serves_is_not_found(client: Client, served: Gateway):
    with pytest.raises(openai.NotFoundError, match="Invalid URL"):
        await got(client.get("/nowhere", cast_to=str))
    with pytest.raises(openai.NotFoundError, match=r"below /v1/"):
        await got(client.with_options(base_url=served.url).get("/nowhere", cast_to=str))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"messages": HELLO}, '"model" is missing'),
        ({"model": 7, "messages": HELLO}, '"model" must be a string'),
        ({"model": "mock", "messages": HELLO, "stream": "yes"}, '"stream" must be true or false'),
        ([1, 2], "must be a JSON object"),
    ],
)
async def test_a_body_that_makes_no_sense_is_a_bad_request(client: Client, body: object, says: str):
    with pytest.raises(openai.BadRequestError, match=says) as refused:
        await got(client.post("/chat/completions", cast_to=str, body=body))
    assert refused.value.code == "invalid_request"


async def test_a_provider_that_hangs_meets_the_patience_of_the_client(client: Client, served: Gateway):
    hasty, named = client.with_options(timeout=0.3, max_retries=0), {"x-request-id": uuid4().hex}
    with pytest.raises(APITimeoutError):
        await got(hasty.chat.completions.create(model="mock-hang", messages=HELLO, extra_headers=named))
    assert served.record_of(named["x-request-id"]).outcome == "client_gone"


async def test_the_retries_of_the_sdk_work(client: Client):
    """`mock-429:0` refuses the first attempt of an id, and says to come back at once."""
    named = {"x-request-id": uuid4().hex}
    answer = await got(client.chat.completions.create(model="mock-429:0", messages=HELLO, extra_headers=named))
    assert answer.choices[0].message.content


# --- streams that break after their head ---


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("mock-cut", "broke off: the connection was closed in the middle"),
        ("mock-cut:1", "broke off: the connection was closed in the middle"),
        ("mock-error-in-stream", "server had an error"),
    ],
)
async def test_a_broken_stream_of_chat_raises_while_it_is_read(client: Client, model: str, says: str):
    with pytest.raises(APIError, match=says):
        await each(client.chat.completions.create(model=model, messages=HELLO, stream=True))
    with pytest.raises(APIError, match=says):
        await each(client.completions.create(model=model, prompt="Hello", stream=True))


async def test_a_stream_of_chat_that_said_why_it_ends_is_whole_without_its_mark(client: Client):
    *_, last, counts = await each(
        client.chat.completions.create(
            model="mock-no-done", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert last.choices[0].finish_reason == "stop"
    assert counts.usage


async def test_what_came_before_the_break_was_delivered(client: Client):
    seen: list[ChatCompletionChunk] = []
    with pytest.raises(APIError, match="closed in the middle"):
        await each(client.chat.completions.create(model="mock-cut:10", messages=HELLO, stream=True), seen)
    assert len(seen) == 11, "the chunk that opens, and ten with words"


@pytest.mark.parametrize("model", ["mock-cut", "mock-no-done"])
async def test_a_broken_stream_of_a_response_raises_while_it_is_read(client: Client, model: str):
    with pytest.raises(APIError, match="in the middle"):
        await each(client.responses.create(model=model, input="Hello", stream=True))


async def test_an_error_event_of_the_provider_in_a_response_is_handed_over(client: Client):
    """Flat, as the API reference has it; the SDK hands those over as events."""
    *_, last = await each(client.responses.create(model="mock-error-in-stream", input="Hello", stream=True))
    assert last.type == "error"
    assert "server had an error" in last.message


# --- what depends on the configuration ---


def test_a_model_that_nobody_has_is_not_found_and_the_nearest_is_named(chooser: OpenAI):
    with pytest.raises(openai.NotFoundError, match="Did you mean 'house'") as refused:
        chooser.chat.completions.create(model="hous", messages=HELLO)
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        chooser.models.retrieve("hous")


def test_a_path_without_a_model_needs_a_provider(chooser: OpenAI):
    with pytest.raises(openai.NotFoundError, match="X-Gossamer-Provider"):
        chooser.files.content("file-1")
    named = {"x-gossamer-provider": "up"}
    assert chooser.files.content("file-1", extra_headers=named).content


def test_a_model_that_a_key_may_not_ask_for_is_forbidden(chooser: OpenAI):
    narrow = chooser.with_options(api_key=NARROW_TOKEN)
    assert narrow.chat.completions.create(model="up/mock", messages=HELLO).choices
    with pytest.raises(openai.PermissionDeniedError, match="Allowed: up/mock") as refused:
        narrow.chat.completions.create(model="house", messages=HELLO)
    assert refused.value.code == "model_forbidden"


def test_a_provider_that_is_away_is_named(chooser: OpenAI):
    with pytest.raises(openai.InternalServerError, match="away/m did not answer") as refused:
        chooser.chat.completions.create(model="away/m", messages=HELLO)
    assert (refused.value.status_code, refused.value.code) == (502, "provider_unavailable")


def test_a_provider_that_is_away_is_left_out_of_the_list(chooser: OpenAI):
    listed = {model.id.partition("/")[0] for model in chooser.models.list()}
    assert {"house", "up", "hasty"} <= listed
    assert "away" not in listed


def test_a_provider_that_is_too_slow_is_given_up(chooser: OpenAI):
    with pytest.raises(openai.InternalServerError, match="too slow") as refused:
        chooser.chat.completions.create(model="hasty/mock-hang", messages=HELLO)
    assert (refused.value.status_code, refused.value.code) == (504, "provider_timeout")


def test_a_stream_that_falls_silent_raises_while_it_is_read(chooser: OpenAI):
    stream = chooser.chat.completions.create(model="hasty/mock-stall", messages=HELLO, stream=True)
    with pytest.raises(APIError, match="too slow") as broken:
        list(stream)
    assert broken.value.code == "provider_timeout"
