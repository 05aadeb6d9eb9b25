"""From whatever a request ended in to an answer in OpenAI's shape of errors. Nothing that came in is ever repeated:
a body that is refused may hold a password.
"""

import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from gossamer.control.api.refusals import MethodNotAllowed, refusal_of
from gossamer.control.api.shapes.values import FORMS
from gossamer.control.store.errors import StoreError, StoreUnavailable
from gossamer.core.errors import BodyTooLarge, CallerError, GatewayError, InternalError, InvalidRequest, NotFound
from gossamer.core.logs import get_log
from gossamer.dialects.errors import render_error

_SHOWN_MOST: Final = 5
"""Mistakes named in one answer: one mends a handful at a time."""
_SHOWABLE: Final = re.compile(r"[A-Za-z0-9_.\-]{1,40}")
"""A name that can be repeated: shorter than any token."""

log = get_log(__name__)


def install(app: FastAPI) -> None:
    app.add_exception_handler(GatewayError, _answer_refusal)
    app.add_exception_handler(StoreError, _answer_store)
    app.add_exception_handler(RequestValidationError, _answer_unfit)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_defect)


def answer_to(error: GatewayError, headers: Mapping[str, str] | None = None) -> Response:
    lines = dict(headers or {})
    if error.retry_after_s is not None:
        lines["Retry-After"] = str(math.ceil(error.retry_after_s))
    if error.status == HTTPStatus.UNAUTHORIZED:
        lines["WWW-Authenticate"] = "Bearer"
    return Response(render_error(error), error.status, lines, "application/json")


async def _answer_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    return answer_to(error)


async def _answer_store(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreError)
    if isinstance(error, StoreUnavailable):
        log.warning("the state store cannot be asked", path=request.url.path, reason=error.reason)
    return answer_to(refusal_of(error, request.path_params.values()))


async def _answer_unfit(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer_to(unfit(error.errors()))


async def _answer_http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: a path or a method that there is not, a body that it cannot read."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods_of(request))
        refused: GatewayError = MethodNotAllowed(f"This path takes {allowed}. /openapi.json lists what there is.")
        return answer_to(refused, {"Allow": allowed})
    if error.status_code == HTTPStatus.NOT_FOUND:
        return answer_to(NotFound("There is no such path. /openapi.json lists what there is."))
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return answer_to(BodyTooLarge("The body is larger than 64 KiB. Send less."))
    return answer_to(InvalidRequest("The body could not be read. Send JSON, in UTF-8."))


async def _answer_defect(request: Request, error: Exception) -> Response:
    """The server behind logs the traceback."""
    log.error("a defect of the admin API", path=request.url.path, error=type(error).__name__)
    return answer_to(InternalError("The gateway met a defect of its own; its log has it. Please report it."))


def _methods_of(request: Request) -> list[str]:
    """All methods of a path, which several routes share; those that are in no document only take GET."""
    paths: dict[str, Any] = request.app.openapi()["paths"]
    found = [methods for path, methods in paths.items() if compile_path(path)[0].match(request.url.path)]
    return sorted({method.upper() for methods in found for method in methods}) or ["GET"]


def unfit(mistakes: Sequence[Any]) -> CallerError:
    """One refusal that names each mistake and its place, and never what stands there."""
    said = [f"{_place(mistake['loc'])}: {_words(mistake)}" for mistake in mistakes[:_SHOWN_MOST]]
    rest = len(mistakes) - len(said)
    more = f"; and {rest} more" if rest > 0 else ""
    return InvalidRequest(f"{'; '.join(said)}{more}.", param=_place(mistakes[0]["loc"]) if mistakes else None)


def _place(loc: Sequence[str | int]) -> str:
    """`limits.usd_per_day`; `body` where all of it is meant."""
    steps = [str(step) for step in loc[1:]]
    if loc and loc[0] == "body" and steps and steps[0].isdecimal():
        return "body"  # where the JSON broke off
    shown = [step if _SHOWABLE.fullmatch(step) else "..." for step in steps]
    return ".".join(shown) or "body"


def _words(mistake: Mapping[str, Any]) -> str:
    match mistake["type"]:
        case "extra_forbidden":
            return "there is no such member here; leave it out, or correct its name"
        case "missing":
            return "this is missing"
        case "model_attributes_type" | "model_type" | "dict_type":
            return "send a JSON object, with Content-Type: application/json"
        case "json_invalid":
            return "this is not JSON"
        case "string_pattern_mismatch":
            return FORMS.get(mistake.get("ctx", {}).get("pattern", ""), "this has not the form that is wanted")
    text = str(mistake["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
