"""The official OpenAI SDK, sync or async, in one transcript: `got` takes an answer, `each` a stream, of either."""

from collections.abc import AsyncIterable, Awaitable, Iterable
from typing import TypeVar

from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam

Client = OpenAI | AsyncOpenAI
T = TypeVar("T")

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


async def got(answer: T | Awaitable[T]) -> T:
    return await answer if isinstance(answer, Awaitable) else answer


async def each(
    asked: Iterable[T] | AsyncIterable[T] | Awaitable[AsyncIterable[T]], seen: list[T] | None = None
) -> list[T]:
    """All events of a stream. What it raises while it is read comes out here; what came before is in `seen`."""
    seen = [] if seen is None else seen
    if isinstance(asked, Iterable):
        for event in asked:
            seen.append(event)
        return seen
    async for event in asked if isinstance(asked, AsyncIterable) else await asked:
        seen.append(event)
    return seen
