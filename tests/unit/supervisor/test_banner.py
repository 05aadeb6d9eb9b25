"""What the start says, and whether it can be pasted into a shell as it stands."""

import ast
import shlex
from typing import Any

import msgspec
import pytest

from gossamer.supervisor.banner import Started, render_banner

TOKEN = "gsm_abcdefghijklmnop_qrstuvwxyz234567abcdefghijklmnop"


def started(**changes: Any) -> Started:
    known: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 8080,
        "has_tls": False,
        "workers": 1,
        "uds": None,
        "model": "mock",
        "new_token": None,
        "has_kept_key": True,
    }
    return Started(**{**known, **changes})


def line_that_begins(start: str, text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return line


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "0.0.0.0", "port": 80}, "http://127.0.0.1:80"),
        ({"host": "::"}, "http://[::1]:8080"),
        ({"host": "fe80::1"}, "http://[fe80::1]:8080"),
        ({"host": "gateway.local", "has_tls": True}, "https://gateway.local:8080"),
    ],
)
def test_the_address_is_one_that_can_be_called(changes: dict[str, Any], url: str):
    assert started(**changes).url == url


def test_a_later_start_says_where_it_is_and_how_to_get_a_new_key():
    assert render_banner(started(workers=2)).splitlines()[1:] == [
        "  Gossamer 0.1.0 is ready at http://127.0.0.1:8080 (2 workers)",
        "",
        "  The first key was shown at the first start, and works as before.",
        "  For another one: gossamer key create --help",
    ]


def test_with_keys_in_the_settings_only_the_address_is_said():
    text = render_banner(started(has_kept_key=False, uds="/run/g.sock"))
    assert text.split("\n", 1)[1].splitlines() == [
        "  Gossamer 0.1.0 is ready at http://127.0.0.1:8080 (1 worker)",
        "  and on the Unix socket /run/g.sock",
    ]


def test_the_curl_line_is_a_whole_request():
    words = shlex.split(line_that_begins("curl", render_banner(started(new_token=TOKEN))))
    assert words[:2] == ["curl", "http://127.0.0.1:8080/v1/chat/completions"]
    assert words[2:6] == ["-H", f"Authorization: Bearer {TOKEN}", "-H", "Content-Type: application/json"]
    assert words[6] == "-d"
    assert msgspec.json.decode(words[7]) == {"model": "mock", "messages": [{"role": "user", "content": "Hello"}]}


def test_the_python_line_is_a_whole_program():
    line = line_that_begins("python", render_banner(started(new_token=TOKEN, model="mock/mock")))
    command, flag, program = shlex.split(line)
    assert (command, flag) == ("python", "-c")
    assert ast.parse(program).body
    assert "base_url='http://127.0.0.1:8080/v1'" in program
    assert f"api_key='{TOKEN}'" in program
    assert "model='mock/mock'" in program


@pytest.mark.parametrize("start", ["curl", "python"])
def test_a_shell_finds_nothing_to_expand_in_a_line(start: str):
    line = line_that_begins(start, render_banner(started(new_token=TOKEN)))
    assert not set("$`!\\") & set(line)


def test_the_key_is_shown_by_itself_for_a_copy():
    assert f"\n    {TOKEN}\n" in render_banner(started(new_token=TOKEN))
