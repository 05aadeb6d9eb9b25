"""Two ways to say what a file means: the settings that come of it, or the lines that complain."""

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent

import pytest

from gossamer.config import tool_rules
from gossamer.config.load import load_settings
from gossamer.config.problems import ConfigError
from gossamer.config.settings import Settings
from gossamer.config.tools import TOOL_GROUP

Read = Callable[..., Settings]
Complaints = Callable[..., list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str, environ: Mapping[str, str] | None = None) -> Settings:
        path = tmp_path / "gossamer.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load_settings(path, environ or {})

    return read


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages that are installed bring `shout` and `sum`."""
    brought = [EntryPoint(name, "somewhere:something", TOOL_GROUP) for name in ("shout", "sum")]
    monkeypatch.setattr(tool_rules, "entry_points", lambda group: [each for each in brought if each.group == group])


@pytest.fixture
def complaints(read: Read, tmp_path: Path) -> Complaints:
    """Each problem as it is printed, without the file's name: `3: server.port: ...`."""

    def complaints(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(text, environ)
        lines = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
        return [line.removeprefix("gossamer.yaml:") for line in lines]

    return complaints
