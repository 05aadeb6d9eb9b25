"""What OpenAI's usage says in detail of tokens read and written: the same in chat completions and in responses."""

import msgspec


class ReadTokens(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class WrittenTokens(msgspec.Struct):
    reasoning_tokens: int | None = None
