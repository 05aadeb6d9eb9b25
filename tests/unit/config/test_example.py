"""gossamer.example.yaml is what people copy: it must be valid, complete, and true about the defaults."""

import re
from pathlib import Path

import pytest

from gossamer.config.environment import names_in
from gossamer.config.load import load_settings
from gossamer.config.problems import ConfigError
from gossamer.config.settings import Settings
from gossamer.config.shapes import SectionShape, file_shape

EXAMPLE = Path(__file__).parents[3] / "gossamer.example.yaml"
NEEDED = {"OPENAI_API_KEY": "sk-1", "TEAM_TOKEN": "gsm_1"}


def test_it_is_valid_with_the_environment_that_it_asks_for():
    settings = load_settings(EXAMPLE, NEEDED)
    assert list(settings.providers) == ["mock", "openai", "local"]
    assert [key.name for key in settings.keys] == ["team", "demo"]


@pytest.mark.parametrize("missing", NEEDED)
def test_it_says_which_variable_is_missing(missing):
    with pytest.raises(ConfigError, match=re.escape(f"${{{missing}}} is not set")):
        load_settings(EXAMPLE, {name: value for name, value in NEEDED.items() if name != missing})


def test_its_values_are_the_defaults():
    settings, defaults = load_settings(EXAMPLE, NEEDED), Settings()
    assert (settings.server, settings.journal, settings.log) == (defaults.server, defaults.journal, defaults.log)
    assert settings.providers["mock"] == load_settings(None, {}).providers["mock"]


def test_it_mentions_every_key():
    text = EXAMPLE.read_text(encoding="utf-8")
    sections = [field.shape for field in file_shape().fields.values() if isinstance(field.shape, SectionShape)]
    keys = [*file_shape().fields, *(key for section in sections for key in section.fields)]
    assert [key for key in keys if not re.search(rf"^[# ]*{key}:", text, re.MULTILINE)] == []


def test_its_comments_name_the_variables_that_it_needs():
    text = EXAMPLE.read_text(encoding="utf-8")
    uncommented = "\n".join(line.partition("#")[0] for line in text.splitlines())
    assert names_in(re.sub(r"\$\{\w+:-", "", uncommented)) == NEEDED.keys()
