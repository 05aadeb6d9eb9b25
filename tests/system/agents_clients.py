"""What tests of agents share: the official SDKs, which try once, at the module's own `gateway`; and an odd provider."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

from tests.system.gateway import Gateway
from tests.system.talker import Talker


@pytest.fixture(scope="module")
def talker() -> Iterator[Talker]:
    with Talker() as talking:
        yield talking


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai_of(gateway) as client:
        yield client


@pytest.fixture
def claude(gateway: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=gateway.url, api_key=gateway.token, max_retries=0) as client:
        yield client


def openai_of(gateway: Gateway, token: str = "") -> openai.OpenAI:
    return openai.OpenAI(base_url=gateway.base_url, api_key=token or gateway.token, max_retries=0)
