from pathlib import Path
from typing import get_args

import pytest

from gossamer.config.file_format import FileFormat
from gossamer.config.load import BUILT_IN, _freeze, find_config, load, load_settings
from gossamer.config.problems import ConfigError
from gossamer.config.settings import Common, Settings
from gossamer.config.shapes import file_shape
from gossamer.config.upstreams import AnthropicProvider, MockProvider, OpenAIProvider, VendorName
from gossamer.dialects.vendors import VENDORS

SECTIONS = ", ".join(file_shape().fields)


def test_without_a_file_there_is_the_mock():
    settings = load_settings(None, {})
    assert settings.providers == {"mock": MockProvider()}
    assert (settings.models, settings.default_provider) == ({"mock": "mock/mock"}, None)


def test_without_a_file_a_key_in_the_environment_enables_its_provider():
    settings = load_settings(None, {"OPENAI_API_KEY": "sk-1"})
    assert isinstance(settings.providers["openai"], OpenAIProvider)
    assert settings.providers["openai"].api_keys == ("sk-1",)
    assert settings.default_provider == "openai"
    assert "mock" in settings.providers


@pytest.mark.parametrize(
    ("variables", "providers", "default"),
    [
        (["ANTHROPIC_API_KEY"], ["mock", "anthropic"], "anthropic"),
        (["ANTHROPIC_API_KEY", "OPENAI_API_KEY"], ["mock", "openai", "anthropic"], "openai"),
    ],
)
def test_anthropics_key_enables_anthropic(variables: list[str], providers: list[str], default: str):
    settings = load_settings(None, dict.fromkeys(variables, "sk-1"))
    assert list(settings.providers) == providers
    assert settings.default_provider == default
    assert isinstance(settings.providers["anthropic"], AnthropicProvider)
    assert settings.providers["anthropic"].base_url == "https://api.anthropic.com/v1"


@pytest.mark.parametrize("vendor", get_args(VendorName))
def test_a_vendor_brings_its_address(read, vendor: str):
    found = read(f"providers: {{a: {{kind: openai-compatible, vendor: {vendor}}}}}").providers["a"]
    assert found.base_url == VENDORS[vendor].base_url
    own = f"providers: {{a: {{kind: openai-compatible, vendor: {vendor}, base_url: http://h/v1}}}}"
    assert read(own).providers["a"].base_url == "http://h/v1"


def test_all_vendors_can_be_named_but_those_that_are_kinds():
    assert {*get_args(VendorName), "openai", "azure"} == VENDORS.keys()


def test_without_a_file_an_empty_key_enables_nothing():
    assert load_settings(None, {"OPENAI_API_KEY": ""}) == load_settings(None, {})


def test_with_a_file_a_key_in_the_environment_enables_nothing(read):
    assert list(read("", {"OPENAI_API_KEY": "sk-1"}).providers) == ["mock"]


def test_a_bad_key_without_a_file_names_where_it_comes_from():
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {"OPENAI_API_KEY": "sk-hidden\n"})
    (problem,) = caught.value.problems
    assert str(problem) == (
        f"{BUILT_IN}: providers.openai.api_keys[0]: the value has white space, a line break or a character outside "
        "ASCII in it (from OPENAI_API_KEY); write the key, best as ${NAME}, and nothing around it"
    )


def test_overrides_apply_without_a_file_too():
    loaded = load(None, {"GOSSAMER_SERVER__PORT": "9000"})
    assert (loaded.settings.server.port, loaded.source) == (9000, BUILT_IN)
    assert [(override.variable, override.path) for override in loaded.overrides] == [
        ("GOSSAMER_SERVER__PORT", ("server", "port"))
    ]


def test_the_file_of_the_directory_is_found(tmp_path):
    assert find_config(tmp_path) is None
    (tmp_path / "gossamer.yaml").write_text("")
    assert find_config(tmp_path) == tmp_path / "gossamer.yaml"


def test_a_directory_of_that_name_is_no_file(tmp_path):
    (tmp_path / "gossamer.yaml").mkdir()
    assert find_config(tmp_path) is None


def problem_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    return str(caught.value).replace(f"{path.parent}/", "")


def test_a_file_that_is_not_there(tmp_path):
    assert problem_of(tmp_path / "nope.yaml") == (
        "nope.yaml: cannot be read: No such file or directory; name a file that exists and may be read"
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"server: {host: \xff}", "f.yaml: byte 15 is no UTF-8; save the file as UTF-8"),
        (
            b"- 1",
            f"f.yaml:1: the file is a list, and must be a mapping; its keys are {SECTIONS}",
        ),
        (
            b"word",
            f"f.yaml:1: the file is a single value, and must be a mapping; its keys are {SECTIONS}",
        ),
        (
            b"a: *x\nserver: 3",
            (
                "f.yaml:1: this is no YAML: found undefined alias 'x'; "
                "quote a value that begins with *, or define the anchor above it"
            ),
        ),
    ],
)
def test_a_file_that_is_no_configuration_at_all(tmp_path, content, problem):
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    assert problem_of(path) == problem


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfserver: {port: 1}")
    assert load_settings(path, {}).server.port == 1


def test_problems_of_the_file_come_line_by_line_and_then_the_environment(complaints):
    lines = complaints("keys: [{name: a}]\nserver: {port: x}", {"GOSSAMER_ZEBRA": "1", "GOSSAMER_SERVER__WORKERS": "0"})
    assert [line.split(": ")[0] for line in lines] == [
        "1",
        "2",
        "GOSSAMER_ZEBRA",
        "GOSSAMER_SERVER__WORKERS",
    ]


def test_the_store_is_in_the_data_directory_unless_it_is_named(read):
    assert read("").state == Settings().state == "sqlite:///.gossamer/state.db"
    assert read("data_dir: /srv/g").state == "sqlite:////srv/g/state.db"
    assert read("data_dir: /srv/g\nstate: sqlite:///other.db").state == "sqlite:///other.db"


def test_every_part_of_the_file_arrives():
    """None is named twice, so none can be forgotten."""
    file = FileFormat(**{name: name for name in Common.__struct_fields__ if name != "providers"})  # type: ignore[arg-type]
    settings = _freeze(file)
    assert [name for name in Common.__struct_fields__ if name != "providers" and getattr(settings, name) != name] == []
