"""A peer's manifest: one TOML file that says how it is installed, started and asked, and what is on in it.

Strict: a member that nobody knows is an error. `benchmarks/peers/template.toml` has every member with a word on it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from gossamer.bench.errors import RigBroken
from gossamer.bench.record import Role
from gossamer.bench.subject import DEFAULT_TOKEN
from gossamer.bench.traffic import MODEL

TEMPLATE = "template"
"""The stem of the file that is there to be copied."""
READY_WITHIN_S = 30.0
_FIELD = re.compile(r"\{(env|folder|host|model|port|python|token|upstream|upstream_port)\}")
"""Only these: configurations are full of other braces."""


class Install(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """`packages` are pinned; `pins` is a file beside the manifest with the versions of all that they need in turn."""

    source: Literal["pypi", "npm", "crates", "path", "here"]
    packages: tuple[str, ...] = ()
    pins: str = ""
    hold: tuple[str, ...] = ()
    """npm's overrides."""
    program: str = ""
    """With `path`: what must be found there."""
    hint: str = ""
    """What to do where it cannot be had."""
    version: tuple[str, ...] = ()
    """A command that tells it, where the packages do not."""


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is ready when `ready` is answered with 200, where that is named, and then a request has come through."""

    command: tuple[str, ...]
    files: dict[str, str] = {}
    """Written into a folder of its own."""
    environment: dict[str, str] = {}
    ready: str = ""
    within_s: float = READY_WITHIN_S


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client of it says."""

    base: str = "/v1"
    token: str = DEFAULT_TOKEN
    model: str = MODEL
    headers: dict[str, str] = {}


class Says(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it tells what it costs: a header of its answers in milliseconds, a page for Prometheus."""

    header: str = ""
    metrics: str = ""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One peer. The null hop is one too."""

    name: str
    about: str
    install: Install
    start: Start
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    role: Literal["gateway", "hop"] = "gateway"
    ask: Asked = Asked()
    says: Says = Says()

    @property
    def part(self) -> Role:
        """In a run."""
        return Role(self.role)

    @property
    def slug(self) -> str:
        """For folders."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower())


def filled(text: str, known: Mapping[str, object]) -> str:
    """With `{port}` and the like in their places."""
    return _FIELD.sub(lambda match: str(known[match[1]]), text)


def read_manifests(folder: Path, only: Sequence[str] = ()) -> list[Manifest]:
    """All but the template, in the order of their file names; `only` are stems of files."""
    files = {file.stem: file for file in sorted(folder.glob("*.toml")) if file.stem != TEMPLATE}
    if not files:
        raise RigBroken(f"{folder} has no manifests: name the folder with --manifests, benchmarks/peers has ours")
    if unknown := set(only) - files.keys():
        raise RigBroken(f"no manifest {', '.join(sorted(unknown))} in {folder}; there are {', '.join(files)}")
    found = [read_manifest(file) for stem, file in files.items() if not only or stem in only]
    if len({manifest.name for manifest in found}) < len(found):
        raise RigBroken(f"two manifests in {folder} have one name")
    return found


def read_manifest(file: Path) -> Manifest:
    """RigBroken says what is wrong with it."""
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, OSError) as error:
        raise RigBroken(f"{file}: {error}") from error
