"""Answers of a provider, as they are kept or not."""

from typing import Any

import msgspec

from tests.wire.delivery.gateway import DONE, END, STREAM_HEAD, Visit, chunk, usage, whole

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def completion(text: str = "Paris", reason: str = "stop", **more: Any) -> bytes:
    """A whole chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
    said = {"id": "chatcmpl-1", "object": "chat.completion", "model": "real", "choices": [choice], "usage": USAGE}
    return msgspec.json.encode({**said, **more})


def piece(text: str | None = None, reason: str | None = None) -> bytes:
    """One event of a streamed one."""
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": reason}
    said = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "real", "choices": [choice]}
    return b"data: %b\n\n" % msgspec.json.encode(said)


WORDS = (piece("Par"), piece("is"), piece(None, "stop"))
USED = usage(7, 3)
STREAM_BODY = b"".join((*WORDS, DONE))
STREAM_WITH_USAGE = b"".join((*WORDS, USED, DONE))


def tell(visit: Visit, text: str = "Paris", **more: Any) -> None:
    visit.write(whole(completion(text, **more)))


def stream(visit: Visit) -> None:
    """All of it, with usage, as the gateway asks for it."""
    visit.write(STREAM_HEAD, *(chunk(each) for each in (*WORDS, USED, DONE)), END)
