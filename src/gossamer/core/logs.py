"""Structured logs on stderr, with the standard `logging` underneath: an event in plain words, and fields beside it.

A person at a terminal gets text, a collector gets one JSON object a line. Not for the hot path: what happens to a
request goes into its journal line, never into a log.
"""

import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, TextIO

import msgspec

LogFormat = Literal["auto", "text", "json"]

_FIELDS = "gossamer_fields"
"""The attribute under which a log record carries its fields."""

_EVENT_WIDTH = 32
"""Characters; the fields of most lines begin in one column."""

_DIM, _RED, _YELLOW, _GREEN, _RESET = "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[0m"
_COLOURS = {"debug": _DIM, "info": _GREEN, "warning": _YELLOW, "error": _RED, "critical": _RED}


class Log:
    """What a module writes to: an event and its fields."""

    __slots__ = ("_always", "_logger")

    def __init__(self, logger: logging.Logger, always: Mapping[str, object]) -> None:
        self._logger = logger
        self._always = always

    def debug(self, event: str, /, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def defect(self, event: str, error: BaseException, /, **fields: object) -> None:
        """An error that nobody foresaw: with its traceback."""
        self._write(logging.ERROR, event, fields, error)

    def _write(self, level: int, event: str, fields: dict[str, object], error: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            # As an argument, not as the format: a "%" in an event is only a "%".
            self._logger.log(level, "%s", event, extra={_FIELDS: {**self._always, **fields}}, exc_info=error)


def get_log(name: str, /, **always: object) -> Log:
    """The log of a module. `always` are fields that every line of it carries."""
    return Log(logging.getLogger(name), always)


def set_up_logs(level: str, log_format: LogFormat = "auto", *, stream: TextIO | None = None) -> None:
    """Send all logs of this process to stderr. Call it again to change the level or the format."""
    stream = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(log_format, is_terminal=stream.isatty()))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())


def _formatter(log_format: LogFormat, *, is_terminal: bool) -> logging.Formatter:
    if log_format == "json" or (log_format == "auto" and not is_terminal):
        return JsonLines()
    return TextLines(is_coloured=is_terminal and not os.environ.get("NO_COLOR"))


class JsonLines(logging.Formatter):
    """One JSON object a line. The four members that every line has come first and cannot be overwritten by a field."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
        }
        for name, value in _fields_of(record).items():
            line[name if name not in line else f"{name}_"] = value
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        try:
            text = msgspec.json.encode(line, enc_hook=str).decode()
        except UnicodeEncodeError:  # half a character, as from a file name that is no UTF-8
            text = msgspec.json.encode({name: escape_controls(str(value)) for name, value in line.items()}).decode()
        return text if text.isprintable() else "".join(map(_json_escape, text))


class TextLines(logging.Formatter):
    """Time, level, event and `key=value` fields, for eyes."""

    def __init__(self, *, is_coloured: bool) -> None:
        super().__init__()
        self.is_coloured = is_coloured

    def format(self, record: logging.LogRecord) -> str:
        level = record.levelname.lower()
        time = _moment(record).astimezone().strftime("%H:%M:%S.%f")[:-3]
        event = escape_controls(record.getMessage())
        fields = "  ".join(f"{self._dim(name + '=')}{_field_text(value)}" for name, value in _fields_of(record).items())
        head = f"{self._dim(time)} {self._paint(level.ljust(7), _COLOURS.get(level, ''))} "
        line = head + (f"{event.ljust(_EVENT_WIDTH)} {fields}" if fields else event)
        if record.exc_info:
            # Indented, so that no text of an exception can pass for a line of the log.
            trace = self.formatException(record.exc_info).splitlines()
            line = "\n".join([line, *(f"    {escape_controls(row)}" for row in trace)])
        return line

    def _dim(self, text: str) -> str:
        return self._paint(text, _DIM)

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_RESET}" if self.is_coloured else text


def escape_controls(text: str) -> str:
    """Line ends, escape sequences and writing-direction marks made visible, so that a value cannot forge a line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _json_escape(char: str) -> str:
    if char.isprintable():
        return char
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _field_text(value: object) -> str:
    text = escape_controls(value if isinstance(value, str) else str(value))
    if text and not any(char in text for char in ' "='):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def _fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    fields: Mapping[str, object] = getattr(record, _FIELDS, {})
    return fields


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
