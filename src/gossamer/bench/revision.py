"""Another revision of Gossamer, taken out of its repository into a folder and started from there.

It is pure Python, so a copy of its sources on the path is a build; its libraries are those that are installed here.
"""

import os
import subprocess
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from gossamer.bench.errors import RigBroken

_WITHIN_S = 30.0


def check_out(revision: str, folder: Path) -> tuple[str, Mapping[str, str]]:
    """Its full id, and the environment that it is started with."""
    commit = commit_of(revision)
    sources = folder / "src"
    with tarfile.open(fileobj=BytesIO(_git("archive", "--format=tar", commit, "src"))) as archive:
        archive.extractall(folder, filter="data")
    if not (sources / "gossamer" / "__main__.py").exists():
        raise RigBroken(f"{revision} has no src/gossamer: name a revision of Gossamer")
    return commit, {"PYTHONPATH": os.pathsep.join([str(sources), *_inherited()])}


def commit_of(revision: str) -> str:
    """Its full id. Git's own words for one that is not there do not name it."""
    _git("rev-parse", "--git-dir")  # where there is no repository, it is that which is said
    try:
        return _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except RigBroken as error:
        raise RigBroken(
            f"{revision!r} is no revision of the repository in {_toplevel()}: give a branch, a tag or a commit of it, "
            "such as main or HEAD~1 (`git log --oneline` lists them)"
        ) from error


def running_revision() -> str:
    """Of the sources that run here, `+changes` if those are not as they were committed; documents may be.

    Nothing where they are in no repository: a package that is installed beside one is no part of it.
    """
    here = Path(__file__).resolve()
    try:
        _git("-C", str(here.parent), "ls-files", "--error-unmatch", here.name)
        revision = _git("describe", "--always", "--exclude=*", "--abbrev=8").decode().strip()
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", str(here.parents[1]))
    except RigBroken:
        return ""
    return f"{revision}+changes" if changed else revision


def _inherited() -> list[str]:
    """What this process found its other libraries by, without its own sources."""
    own = str(Path(__file__).parents[2])
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry and _absolute(entry) != own]


def _absolute(entry: str) -> str:
    return str(Path(entry).resolve())


def _git(*words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", _toplevel(), *words], capture_output=True, timeout=_WITHIN_S, check=False)  # noqa: S603, S607 - git itself
    except FileNotFoundError as error:
        raise RigBroken("git is missing: it is needed to take out another revision") from error
    if done.returncode:
        raise RigBroken(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def _toplevel() -> str:
    """Of the sources that run here; where they are installed without a repository, the folder that one is in."""
    here = Path(__file__).resolve()
    return next((str(folder) for folder in here.parents if (folder / ".git").exists()), str(Path.cwd()))
