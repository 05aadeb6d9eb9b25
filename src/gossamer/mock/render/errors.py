"""Error bodies, in OpenAI's shape and in Anthropic's. One table says what each error is called in either."""

import msgspec

from gossamer.mock.asked import Dialect


class Error(msgspec.Struct, frozen=True):
    """One error as a provider words it."""

    status: int
    message: str
    type: str
    anthropic_type: str
    code: str | None = None
    param: str | None = None


ERRORS: dict[str, Error] = {
    "rate_limit": Error(
        429,
        "Rate limit reached for requests. Please try again later.",
        "requests",
        "rate_limit_error",
        "rate_limit_exceeded",
    ),
    "server": Error(500, "The server had an error while processing your request.", "server_error", "api_error"),
    "overloaded": Error(
        503,
        "The engine is currently overloaded, please try again later.",
        "server_error",
        "overloaded_error",
        "overloaded",
    ),
    "key": Error(
        401, "Incorrect API key provided.", "invalid_request_error", "authentication_error", "invalid_api_key"
    ),
    "model": Error(
        404, "The model does not exist.", "invalid_request_error", "not_found_error", "model_not_found", "model"
    ),
    "context": Error(
        400,
        "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
        "invalid_request_error",
        "invalid_request_error",
        "context_length_exceeded",
        "messages",
    ),
    "filter": Error(
        400,
        "The response was filtered because the prompt met the content management policy.",
        "invalid_request_error",
        "invalid_request_error",
        "content_filter",
        "prompt",
    ),
    "prefill": Error(
        400,
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "invalid_request_error",
        "invalid_request_error",
        None,
        "messages",
    ),
}


def bad_request(message: str, param: str | None = None) -> Error:
    """The caller's own mistake."""
    return Error(400, message, "invalid_request_error", "invalid_request_error", None, param)


def not_found(method: str, path: str) -> Error:
    """A path that the mock does not serve."""
    return Error(404, f"Invalid URL ({method} {path})", "invalid_request_error", "not_found_error")


def error_body(dialect: Dialect | None, error: Error) -> bytes:
    """The body as `dialect` wants it; None is OpenAI's shape, for paths without a dialect."""
    return msgspec.json.encode(error_value(dialect, error))


def error_value(dialect: Dialect | None, error: Error) -> dict[str, object]:
    """The same, before it is JSON."""
    if dialect is Dialect.MESSAGES:
        return {"type": "error", "error": {"type": error.anthropic_type, "message": error.message}}
    return {
        "error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code},
    }
