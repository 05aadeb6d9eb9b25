"""Tools in the settings: what is read, what is refused, and what is never shown."""

import pytest

from gossamer.config.show import show_settings
from gossamer.config.tools import McpSettings, PythonSettings


@pytest.mark.usefixtures("functions")
def test_both_kinds_are_read(read):
    tools = read(
        "tools:\n"
        "  files: {kind: mcp, command: [npx, files, '8'], env: {TOKEN: abc, PORT: 8}, cwd: /srv,\n"
        "    timeout: 5s, max_bytes: 8KiB}\n"
        "  far: {kind: mcp, url: 'https://h/mcp?key=k', headers: {Authorization: Bearer k}, allow: [a]}\n"
        "  shout: {kind: python, entry_point: shout, concurrency: 2}\n"
    ).tools
    files, far, shout = tools["files"], tools["far"], tools["shout"]
    assert isinstance(files, McpSettings)
    assert (files.command, files.env, files.cwd) == (("npx", "files", "8"), {"TOKEN": "abc", "PORT": "8"}, "/srv")
    assert (files.timeout_s, files.max_bytes, files.connect_timeout_s) == (5.0, 8192, 10.0)
    assert isinstance(far, McpSettings)
    assert (far.url, far.headers, far.allow) == ("https://h/mcp?key=k", {"authorization": "Bearer k"}, ("a",))
    assert shout == PythonSettings(entry_point="shout", concurrency=2)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tools: {a: {kind: mcp}}", "1: tools.a: has neither command nor url; give one of the two"),
        (
            "tools: {a: {kind: mcp, command: [x], url: http://h}}",
            "1: tools.a.url: there is a command as well; keep one of the two",
        ),
        (
            "tools: {a: {kind: mcp, command: [x], headers: {a: b}}}",
            "1: tools.a.headers: a command takes no headers; give it what it needs by `env`",
        ),
        (
            "tools: {a: {kind: mcp, url: http://h, env: {A: b}}}",
            "1: tools.a.env: a URL takes no environment; give it what it needs by `headers`",
        ),
        ("tools: {a: {kind: mcp, url: http://h, cwd: /}}", "1: tools.a.cwd: a URL is started nowhere; leave it out"),
        ("tools: {a: {kind: python}}", "1: tools.a.entry_point: missing; needed: Its name in the group gossamer.tools"),
        (
            "tools: {a: {kind: mcp, command: [x], timout: 1s}}",
            (
                "1: tools.a.timout: unknown key; did you mean timeout? keys here: allow, callers, command, "
                "concurrency, connect_timeout, cwd, env, headers, max_bytes, roots, timeout, url"
            ),
        ),
        (
            "tools: {a: {kind: nmcp}}",
            "1: tools.a.kind: 'nmcp' is not one of the words (did you mean mcp?); write one of: mcp, python",
        ),
        (
            "tools: {a.b: {kind: mcp, command: [x]}}",
            (
                "1: tools.a.b: 'a.b' does not have the form; "
                "use letters, digits, dashes and underscores, a letter first, 32 at most"
            ),
        ),
        (
            "tools: {a: {kind: mcp, command: [x], env: {a-b: c}}}",
            "1: tools.a.env.a-b: 'a-b' does not have the form; write a name such as API_TOKEN",
        ),
        (
            "tools: {a: {kind: mcp, url: unix:/run/x}}",
            (
                "1: tools.a.url: the URL begins with neither http:// nor https://; "
                "write a URL such as http://127.0.0.1:8000/mcp"
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused(complaints, text: str, complaint: str):
    assert complaints(text) == [complaint]


def test_no_secret_is_shown(read):
    settings = read(
        "tools:\n"
        "  near: {kind: mcp, command: [x], env: {TOKEN: hush-hush-1234}}\n"
        "  far: {kind: mcp, url: 'https://h/mcp?key=hush-1234', headers: {x-custom: hush-hush-1234}}\n"
    )
    shown = show_settings(settings) + repr(settings.tools)
    assert "hush" not in shown
    assert "https://h/mcp?****" in shown
