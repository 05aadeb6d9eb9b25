"""One gateway before a mock that it takes for four providers, each of which speaks another dialect; and the SDKs."""

from collections.abc import AsyncIterator, Iterator

import pytest
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

from tests.system.gateway import PROVIDER_KEY, TOKEN, Gateway, Mock, start_gateway

MODELS = ("anthropic/mock", "openai/mock", "chats/mock", "responses/mock")
"""The same model by four providers: Anthropic, OpenAI itself, one that imitates its chats, one with responses alone."""


@pytest.fixture(scope="session")
def between(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place = {"base_url": f"{provider.url}/v1", "api_keys": [PROVIDER_KEY]}
    config = {
        "providers": {
            "anthropic": {"kind": "anthropic", **place},
            "openai": {"kind": "openai", **place},
            "chats": {"kind": "openai-compatible", "vendor": "vllm", **place},
            "responses": {"kind": "openai-compatible", "speaks": ["responses"], **place},
        },
        "models": {"claude": "anthropic/mock"},
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
    }
    with start_gateway(tmp_path_factory.mktemp("between"), config) as gateway:
        yield gateway


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=["sync", "async"])
async def openai(between: Gateway, request: pytest.FixtureRequest) -> AsyncIterator[OpenAI | AsyncOpenAI]:
    if request.param == "sync":
        with OpenAI(base_url=between.base_url, api_key=between.token, max_retries=0) as client:
            yield client
    else:
        async with AsyncOpenAI(base_url=between.base_url, api_key=between.token, max_retries=0) as client:
            yield client


@pytest.fixture(params=["sync", "async"])
async def anthropic(between: Gateway, request: pytest.FixtureRequest) -> AsyncIterator[Anthropic | AsyncAnthropic]:
    """Its base URL ends before /v1, unlike OpenAI's."""
    if request.param == "sync":
        with Anthropic(base_url=between.url, api_key=between.token, max_retries=0) as client:
            yield client
    else:
        async with AsyncAnthropic(base_url=between.url, api_key=between.token, max_retries=0) as client:
            yield client
