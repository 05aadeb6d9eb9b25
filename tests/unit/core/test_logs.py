"""Logs: what a person reads, what a collector reads, and what no value can do to either."""

import io
import logging
from collections.abc import Iterator

import msgspec
import pytest

from gossamer.core.logs import JsonLines, LogFormat, TextLines, escape_controls, get_log, set_up_logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(stream: io.StringIO, log_format: LogFormat = "auto", level: str = "info") -> io.StringIO:
    set_up_logs(level, log_format, stream=stream)
    return stream


def decoded(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    return msgspec.json.decode(line, type=dict[str, object])


def test_a_collector_gets_one_object_a_line_with_the_fields_beside_the_event():
    stream = written(io.StringIO())
    get_log("gossamer.test", worker=3).info("worker ready", pid=17, took_s=0.25)
    line = decoded(stream)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "info",
        "message": "worker ready",
        "logger": "gossamer.test",
        "worker": 3,
        "pid": 17,
        "took_s": 0.25,
    }


def test_a_person_gets_time_level_event_and_fields():
    stream = written(io.StringIO(), "text")
    get_log("gossamer.test").warning("worker ended", ending="exit status 1", restarts=2, empty="")
    time, rest = stream.getvalue().split(" ", 1)
    assert len(time) == len("12:34:56.789")
    assert rest.split() == ["warning", "worker", "ended", 'ending="exit', "status", '1"', "restarts=2", 'empty=""']


@pytest.mark.parametrize(
    ("stream", "log_format", "is_json"),
    [
        (Terminal(), "auto", False),
        (io.StringIO(), "auto", True),
        (Terminal(), "json", True),
        (io.StringIO(), "text", False),
    ],
)
def test_auto_is_text_at_a_terminal_and_json_elsewhere(stream: io.StringIO, log_format: LogFormat, is_json: bool):
    written(stream, log_format)
    get_log("gossamer.test").info("up")
    assert stream.getvalue().startswith("{") == is_json


def test_colour_is_for_terminals_whose_user_wants_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = written(Terminal())
    get_log("gossamer.test").info("up")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = written(Terminal())
    get_log("gossamer.test").info("up")
    assert "\x1b[32m" in coloured.getvalue()
    assert "\x1b" not in plain.getvalue()


def test_a_second_setup_replaces_the_first():
    first, second = written(io.StringIO()), written(io.StringIO(), level="error")
    get_log("gossamer.test").info("too quiet")
    get_log("gossamer.test").error("once")
    assert first.getvalue() == ""
    assert decoded(second)["message"] == "once"


HOSTILE = 'a"\n12:00:00.000 info    forged\r\x1b[2J\x00\x7f\x9b31m\u2028\u202e end'


def test_no_value_forges_a_line_of_text():
    stream = written(io.StringIO(), "text")
    get_log("gossamer.test").info("from a client " + HOSTILE, header=HOSTILE)
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()
    assert "\\n12:00:00.000 info    forged\\r\\x1b[2J\\x00\\x7f\\x9b31m\\u2028\\u202e end" in line


def test_json_keeps_every_character_and_shows_none_that_controls():
    stream = written(io.StringIO())
    get_log("gossamer.test").info("in", header=HOSTILE, tag="\U000e0001")
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()
    assert decoded(stream)["header"] == HOSTILE
    assert decoded(stream)["tag"] == "\U000e0001"


def test_half_a_character_does_not_stop_the_log():
    stream = written(io.StringIO())
    get_log("gossamer.test").info("in", path="\udcff", count=1)
    assert decoded(stream)["path"] == "\\udcff"


def test_what_json_does_not_know_is_shown_as_python_shows_it():
    stream = written(io.StringIO())
    get_log("gossamer.test").info("in", what=ValueError("odd"), keyed={(1, 2): 2**70})
    line = decoded(stream)
    assert (line["what"], line["keyed"]) == ("odd", {"(1, 2)": 2**70})


def test_a_field_cannot_take_the_place_of_what_every_line_has():
    stream = written(io.StringIO())
    get_log("gossamer.test").info("true", message="false", level="none")
    line = decoded(stream)
    assert (line["message"], line["message_"], line["level"], line["level_"]) == ("true", "false", "info", "none")


def test_a_percent_sign_is_a_percent_sign():
    stream = written(io.StringIO())
    get_log("gossamer.test").info("100%s sure %d")
    assert decoded(stream)["message"] == "100%s sure %d"


def failed(text: str) -> ValueError:
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def test_a_defect_comes_with_its_traceback_as_a_member():
    stream = written(io.StringIO())
    get_log("gossamer.test").defect("worker failed", failed("odd"), worker=1)
    line = decoded(stream)
    assert line["level"] == "error"
    assert str(line["traceback"]).endswith("ValueError: odd")


def test_a_traceback_in_text_is_indented_so_that_it_forges_nothing():
    stream = written(io.StringIO(), "text")
    get_log("gossamer.test").defect("worker failed", failed("odd\n12:00:00.000 info    forged\x1b[2J"))
    head, *trace = stream.getvalue().splitlines()
    assert "worker failed" in head
    assert all(row.startswith("    ") and row.isprintable() for row in trace)


def test_what_the_standard_library_logs_is_formatted_too():
    stream = written(io.StringIO())
    logging.getLogger("asyncio").error("socket.%s() raised", "send")
    assert decoded(stream)["message"] == "socket.send() raised"


@pytest.mark.parametrize("text", ["", "plain", "ünïcödé 漢字 🙂", "a b"])
def test_what_can_be_read_is_left_as_it_is(text: str):
    assert escape_controls(text) == text


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines(is_coloured=False)])
def test_a_record_of_somebody_else_has_no_fields_and_needs_none(formatter: logging.Formatter):
    record = logging.LogRecord("other", logging.INFO, "file.py", 1, "hello", None, None)
    assert "hello" in formatter.format(record)
