"""OpenAI's legacy completions: one JSON object, or chunks of the same shape that end in `[DONE]`."""

from gossamer.mock.asked import Dialect
from gossamer.mock.render.chat import DONE, usage
from gossamer.mock.render.errors import ERRORS, error_value
from gossamer.mock.render.template import CREATED, ID, Answer, Stream, event, template

_FINISH = {"stop": "stop", "length": "length", "call": "stop", "refusal": "content_filter"}


def whole(answer: Answer) -> bytes:
    """The template of a text_completion."""
    finish = _FINISH[answer.content.finish]
    return template({**_chunk(answer, answer.content.text, finish), "usage": usage(answer)})


def stream(answer: Answer) -> Stream:
    """The templates of its chunks. There is no opening: the first token is the first chunk."""
    finish = _chunk(answer, "", _FINISH[answer.content.finish])
    if answer.is_half_usage:
        closing = [event({**finish, "usage": usage(answer)})]
    else:
        closing = [event(finish)]
        if answer.include_usage:
            closing.append(event({**finish, "choices": [], "usage": usage(answer)}))
    return Stream(
        (),
        tuple(event(_chunk(answer, piece, None)) for piece in answer.content.pieces),
        (*closing, DONE),
        event(error_value(Dialect.COMPLETIONS, ERRORS["server"])),
    )


def _chunk(answer: Answer, text: str, finish: str | None) -> dict[str, object]:
    return {
        "id": f"cmpl-{ID}",
        "object": "text_completion",
        "created": CREATED,
        "model": answer.model,
        "choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": finish}],
        "system_fingerprint": "fp_gossamer",
    }
