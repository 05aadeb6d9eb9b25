"""What doctor says of tools."""

import sys

from gossamer.cli.probe_tools import probe_tools
from gossamer.config.tools import McpSettings, PythonSettings
from tests.real.tools.conftest import ODD


def test_each_tool_has_its_line():
    found = probe_tools(
        {
            "odd": McpSettings(command=(sys.executable, str(ODD)), allow=("echo",)),
            "gone": McpSettings(command=("/no/such/program",)),
            "shout": PythonSettings(entry_point="no-such-function"),
        }
    )
    assert [(each.word, each.subject) for each in found] == [
        ("ok", "tools.odd"),
        ("fail", "tools.gone"),
        ("fail", "tools.shout"),
    ]
    assert found[0].text.endswith("ms: 1 that are allowed")
    assert "it cannot be started: No such file or directory" in found[1].text
    assert "gossamer.tools" in found[2].text


def test_without_tools_nothing_is_said():
    assert probe_tools({}) == []
