"""The way from a file and an environment to settings: parse, override, read, check, freeze.

The one place that opens the file. Which file it is, the command line decides, with `find_config`.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from gossamer.config.agent_rules import check_agents
from gossamer.config.document import Node, Scalar, Table, parse_document
from gossamer.config.environment import names_in
from gossamer.config.file_format import FileFormat, KeyEntry
from gossamer.config.overrides import Override, apply_overrides
from gossamer.config.problems import ConfigError, Place, Problem
from gossamer.config.reader import Reader
from gossamer.config.rules import ALWAYS_THERE, check_rules
from gossamer.config.settings import Common, KeySettings, Settings
from gossamer.config.shapes import file_shape
from gossamer.config.upstreams import CompatibleProvider, MockProvider, Provider
from gossamer.config.values import SQLITE_PREFIX
from gossamer.dialects.vendors import VENDORS

FILE_NAME = "gossamer.yaml"
BUILT_IN = "built-in defaults"
"""The source that is named where there is no file."""

_ALWAYS = """
models: {mock: mock/mock}
"""
_BY_KEY = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
"""Providers that are there without a file where their key is; the first of them answers what names no other."""


class Loaded(msgspec.Struct, frozen=True):
    """Settings, and where they come from."""

    settings: Settings
    source: str
    overrides: tuple[Override, ...]


def find_config(cwd: Path) -> Path | None:
    """The file that is used when none is named."""
    path = cwd / FILE_NAME
    return path if path.is_file() else None


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Settings from a file, or from the built-in defaults. Raises ConfigError, with all that is wrong."""
    return load(path, environ).settings


def load(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """As `load_settings`, with the origins."""
    source = BUILT_IN if path is None else str(path)
    text = _built_in(environ) if path is None else _read_file(path)
    tree, problems = parse_document(text, source, has_lines=path is not None)
    if not isinstance(tree, Table):
        problems.append(_no_mapping(tree))
    if not isinstance(tree, Table) or (problems and not tree.entries):
        raise ConfigError(problems)
    overridden = apply_overrides(tree, file_shape(), environ, names_in(text))
    reader = Reader(environ)
    content = reader.read(file_shape(), overridden.tree, ())
    problems += [*overridden.problems, *reader.problems, *check_rules(reader.found, overridden.tree)]
    problems += check_agents(reader.found, overridden.tree)
    if problems or not isinstance(content, FileFormat):
        raise ConfigError(_in_order(problems))
    return Loaded(_freeze(content), source, overridden.applied)


def _built_in(environ: Mapping[str, str]) -> str:
    there = {name: variable for name, variable in _BY_KEY.items() if environ.get(variable)}
    if not there:
        return _ALWAYS
    lines = [f'  {name}: {{kind: {name}, api_keys: ["${{{variable}}}"]}}' for name, variable in there.items()]
    return "\n".join([_ALWAYS, "providers:", *lines, f"default_provider: {next(iter(there))}", ""])


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        wrong, allowed = f"cannot be read: {error.strerror}", "name a file that exists and may be read"
    except UnicodeDecodeError as error:
        wrong, allowed = f"byte {error.start} is no UTF-8", "save the file as UTF-8"
    raise ConfigError([Problem(Place(str(path)), "", wrong, allowed)])


def _no_mapping(tree: Node) -> Problem:
    what = "a single value" if isinstance(tree, Scalar) else "a list"
    sections = ", ".join(file_shape().fields)
    return Problem(tree.place, "", f"the file is {what}, and must be a mapping", f"its keys are {sections}")


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Of the file line by line, then of the environment."""
    return sorted(problems, key=lambda problem: (problem.place.line is None, problem.place.line or 0))


def _freeze(content: FileFormat) -> Settings:
    common = {name: getattr(content, name) for name in Common.__struct_fields__}
    providers = {name: _with_address(found) for name, found in content.providers.items()}
    own = {
        "providers": {ALWAYS_THERE: MockProvider(), **providers},
        "state": content.state or f"{SQLITE_PREFIX}{content.data_dir}/state.db",
        "keys": tuple(map(_freeze_key, content.keys)),
    }
    return Settings(**(common | own))


def _with_address(provider: Provider) -> Provider:
    """A vendor that is known has its address in the table; `check_rules` lets no other pass without."""
    if isinstance(provider, CompatibleProvider) and provider.vendor is not None and not provider.base_url:
        return replace(provider, base_url=VENDORS[provider.vendor].base_url)
    return provider


def _freeze_key(entry: KeyEntry) -> KeySettings:
    digest = entry.sha256 if entry.token is None else entry.token
    assert digest is not None, "check_rules lets no key pass that has neither"
    return KeySettings(name=entry.name, digest=digest, models=None if entry.models is None else frozenset(entry.models))
