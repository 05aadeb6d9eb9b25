"""Two ways to say what a file means: the settings that come of it, or the lines that complain."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from gossamer.config.load import load_settings
from gossamer.config.problems import ConfigError
from gossamer.config.settings import Settings

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
def complaints(read: Read, tmp_path: Path) -> Complaints:
    """Each problem as it is printed, without the file's name: `3: server.port: ...`."""

    def complaints(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(text, environ)
        lines = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
        return [line.removeprefix("gossamer.yaml:") for line in lines]

    return complaints
