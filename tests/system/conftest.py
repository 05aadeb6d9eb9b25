"""What the tests with whole processes share: one mock, one gateway in front of it, one with the mock inside."""

from collections.abc import AsyncIterator, Iterator

import pytest
from openai import AsyncOpenAI, OpenAI

from tests.system.gateway import TOKEN, Gateway, Mock, standard_config, start_gateway, start_mock
from tests.system.sdk import Client


@pytest.fixture(scope="session")
def provider() -> Iterator[Mock]:
    with start_mock() as mock:
        yield mock


@pytest.fixture(scope="session")
def over_http(provider: Mock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Every model that is not known otherwise is the mock's behind HTTP."""
    with start_gateway(tmp_path_factory.mktemp("over_http"), standard_config(provider.url)) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Every model is the mock's in the worker."""
    config = {
        "providers": {"mock": {"kind": "mock", "mock": {"ttft": "0s", "gap": "0s"}}},
        "models": {"house": "mock/mock"},
        "default_provider": "mock",
        "keys": [{"name": "test", "token": TOKEN}],
        "log": {"format": "text"},
    }
    with start_gateway(tmp_path_factory.mktemp("in_process"), config) as gateway:
        yield gateway


@pytest.fixture(scope="session", params=["over_http", "in_process"])
def served(request: pytest.FixtureRequest) -> Gateway:
    """Both, one after the other: to a client they are the same."""
    gateway: Gateway = request.getfixturevalue(request.param)
    return gateway


@pytest.fixture(params=["sync", "async"])
async def client(served: Gateway, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """The official SDK, as its users make it."""
    if request.param == "sync":
        with OpenAI(base_url=served.base_url, api_key=served.token) as client:
            yield client
    else:
        async with AsyncOpenAI(base_url=served.base_url, api_key=served.token) as client:
            yield client
