"""An environment for each peer, made once from its registry with pinned versions and kept for the next run.

Its name has a digest of what goes into it, so a manifest that changes gets a new one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from gossamer.bench.errors import RigBroken
from gossamer.bench.peers.manifest import Install, Manifest, filled

INSTALL_WITHIN_S = 900.0
"""A crate that is compiled takes minutes; the largest of PyPI one."""
_VERSION_WITHIN_S = 20.0
_DONE = "installed"
"""The file that says that an environment is whole."""
_SHOWN_CHARS = 300


def default_root() -> Path:
    """Where environments are kept."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "gossamer" / "peers"


def environment_of(manifest: Manifest, beside: Path, root: Path, say: Callable[[str], None]) -> Path:
    """Its folder, made where it is not there yet; RigBroken says why it cannot be."""
    install = manifest.install
    if install.program and shutil.which(install.program) is None:
        raise RigBroken(f"{install.program} is not on the path. {install.hint}".strip())
    if install.source in ("path", "here"):
        return root
    folder = root / f"{manifest.slug}-{_digest(install, beside)}"
    if not (folder / _DONE).exists():
        say(f"installing {manifest.name}: {', '.join(install.packages)} from {install.source}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for command in commands_of(install, folder, beside):
            _run(manifest, command, folder)
        (folder / _DONE).touch()
    return folder


def version_of(manifest: Manifest, env: Path) -> str:
    """As pinned, or as it says itself."""
    if not manifest.install.version:
        return ", ".join(manifest.install.packages) or "these sources"
    command = [filled(word, {"env": env, "python": sys.executable}) for word in manifest.install.version]
    try:
        told = subprocess.run(  # noqa: S603 - what the manifest says is what is run
            command, capture_output=True, text=True, timeout=_VERSION_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"unknown ({error})"
    return (told.stdout + told.stderr).strip().partition("\n")[0]


def commands_of(install: Install, folder: Path, beside: Path) -> list[list[str]]:
    """The registry's own client, once for each step."""
    pins = beside.resolve() / install.pins
    match install.source:
        case "pypi":
            pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            constraints = ["--constraint", str(pins)] if install.pins else []
            return [[sys.executable, "-m", "venv", str(folder)], [*pip, *constraints, *install.packages]]
        case "npm":
            client = [_client("npm"), "--prefix", str(folder), "--no-fund", "--no-audit"]
            if not install.pins:
                return [[*client, "install", *install.packages]]
            write_package(install, folder)
            shutil.copy(pins, folder / "package-lock.json")
            return [[*client, "ci"]]
        case "crates":
            cargo = [_client("cargo"), "install", "--quiet", "--locked", "--root", str(folder)]
            return [[*cargo, package] for package in install.packages]
        case _:
            return []


def write_package(install: Install, folder: Path) -> None:
    """What `npm ci` holds the lock against."""
    package = {
        "name": "peer",
        "private": True,
        "dependencies": dict(package.rsplit("@", 1) for package in install.packages),
        "overrides": dict(package.rsplit("@", 1) for package in install.hold),
    }
    (folder / "package.json").write_bytes(msgspec.json.encode(package))


def _client(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RigBroken(f"{name} is not on the path: it installs this peer")
    return found


def _run(manifest: Manifest, command: Sequence[str], folder: Path) -> None:
    """In its own folder, as the registries' clients look about themselves."""
    try:
        done = subprocess.run(  # noqa: S603 - our own commands with the manifest's packages
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RigBroken(f"{manifest.name} could not be installed: {error}") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-_SHOWN_CHARS:]
        raise RigBroken(f"{manifest.name} could not be installed from {manifest.install.source}: {words}")


def _digest(install: Install, beside: Path) -> str:
    pins = (beside / install.pins).read_bytes() if install.pins else b""
    return blake2b(msgspec.json.encode(install) + pins + sys.version.encode(), digest_size=6).hexdigest()
