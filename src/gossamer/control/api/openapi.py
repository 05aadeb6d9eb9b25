"""The parts of the OpenAPI document that no route can say for itself: how refusals look, and which a route has."""

from typing import Any, Final

from gossamer.control.api.shapes.health import ErrorBody

DESCRIPTION: Final = """\
Users, keys, agents, directives and who changed them.

A log-in's token or a key with the scope `admin` goes into `Authorization: Bearer` or `x-api-key`. An admin sees and
changes everything, a member what is its own; what is somebody else's does not exist.
"""

_MEANS: Final = {
    400: "The body, a parameter or a header is not as it should be; `param` names it.",
    401: "No token, or none that is good here.",
    403: "The caller may see it, but not do this.",
    404: "There is no such thing that the caller may see.",
    409: "It would be somebody else's already, leave no admin, or is in use.",
    412: "`If-Match` names another version than there is.",
    428: "`If-Match` is missing.",
    429: "Too many tries; `Retry-After` says when the next one is looked at.",
    503: "The state store cannot be asked now; `Retry-After` says when to try again.",
}

Responses = dict[int | str, dict[str, Any]]


def refused(*statuses: int) -> Responses:
    """For the `responses` of a route. All others look the same."""
    return {
        **{status: {"model": ErrorBody, "description": _MEANS[status]} for status in statuses},
        "default": {"model": ErrorBody, "description": "Any other refusal, in the same shape."},
    }


VERSIONED: Final[Responses] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "The version, for If-Match."}}}
}
"""Of an answer that is one thing."""
