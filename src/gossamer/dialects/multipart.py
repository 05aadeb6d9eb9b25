"""Which model a multipart form asks for, from its first bytes: audio comes this way, and is never kept whole.

Strict, so that no other reader of the same form finds another model: what is not plain RFC 7578 is refused.
A second model beyond the bytes at hand cannot be seen here.
"""

import re
from typing import Final, NamedTuple

from gossamer.core.errors import InvalidRequest

_PART_HEAD_BYTES: Final = 4096
"""Two or three short lines in practice; a file's name may be long."""
_MOST_PARTS: Final = 64
"""The audio API has about ten fields."""
_MODEL_BYTES: Final = 256
"""The longest names in use, paths of fine-tuned models, have about a hundred."""

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER: Final = rb"[ \t]*;[ \t]*(" + _TOKEN + rb')=(?:([^\s;"\\]+)|"([^"\\\r\n]*)")'
_PARAMETERS: Final = re.compile(_PARAMETER)
_FORM: Final = re.compile(rb"multipart/form-data((?:" + _PARAMETER + rb")*+)[ \t]*", re.IGNORECASE)
_FIELD: Final = re.compile(rb"form-data((?:" + _PARAMETER + rb")*+)[ \t]*", re.IGNORECASE)
_LINE: Final = re.compile(b"(" + _TOKEN + rb"):[ \t]*([^\r\n]*?)[ \t]*")
_BOUNDARY: Final = re.compile(rb"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_PLAIN_ENCODINGS: Final = (b"7bit", b"8bit", b"binary")

Parameters = dict[bytes, bytes]


class FormModel(NamedTuple):
    """The form's `model` field: what it says, and between which bytes."""

    name: str
    begin: int
    end: int


def is_form(content_type: bytes) -> bool:
    """Whether a body says of itself that it is a form; whether it is a good one, reading it shows."""
    return content_type.lower().startswith(b"multipart/form-data")


def model_in_form(content_type: bytes, start: bytes) -> str | None:
    """The form's `model` field; None where it is not, or not wholly, among these first bytes."""
    found = _find_model(content_type, start)
    return found.name if found is not None else None


def replace_model_in_form(content_type: bytes, start: bytes, model: str) -> bytes:
    """These first bytes of a form, asking for another model."""
    found = _find_model(content_type, start)
    if found is None:
        return start
    return start[: found.begin] + model.encode() + start[found.end :]


def _find_model(content_type: bytes, start: bytes) -> FormModel | None:
    delimiter = b"--" + _boundary_of(content_type)
    if not start.startswith(delimiter[: len(start)]):
        raise InvalidRequest("The form does not begin with the boundary that its content-type names. Send it first.")
    model: FormModel | None = None
    at = len(delimiter)
    for _ in range(_MOST_PARTS):
        head_end = _head_end(start, at)
        if head_end is None:
            return model
        end = start.find(b"\r\n" + delimiter, head_end)
        name = _name_of_field(start[at + 2 : head_end])
        if end < 0:
            return model
        if name == b"model":
            if model is not None:
                raise InvalidRequest("The form has the field 'model' twice. Send it once.", param="model")
            model = FormModel(_model_of(start[head_end + 4 : end]), head_end + 4, end)
        at = end + 2 + len(delimiter)
    raise InvalidRequest(f"The form has more than {_MOST_PARTS} parts. Send fewer.")


def _boundary_of(content_type: bytes) -> bytes:
    found = _FORM.fullmatch(content_type)
    boundary = found and _parameters_of(found[1]).get(b"boundary")
    if boundary is None or not _BOUNDARY.fullmatch(boundary):
        raise InvalidRequest(
            "The content-type must be multipart/form-data with a boundary of 1 to 70 plain characters."
        )
    return boundary


def _parameters_of(text: bytes) -> Parameters:
    parameters: Parameters = {}
    for name, token, quoted in _PARAMETERS.findall(text):
        if name.lower() in parameters:
            raise InvalidRequest(f"A part of the form has the parameter {name.decode()!r} twice. Send it once.")
        parameters[name.lower()] = token or quoted
    return parameters


def _head_end(start: bytes, at: int) -> int | None:
    """Where the head of the part after a boundary ends; None at the end of the form, or of the bytes at hand."""
    line_end = start[at : at + 2]
    if line_end == b"--" or len(line_end) < 2:
        return None
    head_end = start.find(b"\r\n\r\n", at, at + _PART_HEAD_BYTES)
    if line_end != b"\r\n" or (head_end < 0 and len(start) - at >= _PART_HEAD_BYTES):
        raise InvalidRequest(
            f"A part of the form has no head of at most {_PART_HEAD_BYTES} bytes behind its boundary. Write one."
        )
    return None if head_end < 0 else head_end


def _name_of_field(head: bytes) -> bytes | None:
    """The name of a field; None for a file."""
    lines = [_LINE.fullmatch(line) for line in head.split(b"\r\n")]
    headers = {line[1].lower(): line[2] for line in lines if line is not None}
    found = _FIELD.fullmatch(headers.get(b"content-disposition", b""))
    if len(headers) < len(lines) or found is None:
        raise InvalidRequest('A part of the form must have a head with one content-disposition: form-data; name="...".')
    parameters = _parameters_of(found[1])
    if headers.get(b"content-transfer-encoding", b"binary").lower() not in _PLAIN_ENCODINGS:
        raise InvalidRequest("A part of the form has a content-transfer-encoding. Send it as it is.")
    if b"name" not in parameters:
        raise InvalidRequest("A part of the form has no name. Give it one.")
    return None if b"filename" in parameters or b"filename*" in parameters else parameters[b"name"]


def _model_of(value: bytes) -> str:
    try:
        model = value.decode() if len(value) <= _MODEL_BYTES else ""
    except UnicodeDecodeError:
        model = ""
    if not model or not model.isprintable():
        raise InvalidRequest(f"'model' must be printable text of 1 to {_MODEL_BYTES} bytes.", param="model")
    return model
