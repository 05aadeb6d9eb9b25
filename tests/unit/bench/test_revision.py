"""Another revision, by its name."""

import subprocess
from pathlib import Path

import pytest

from gossamer.bench import revision
from gossamer.bench.errors import RigBroken
from gossamer.bench.revision import commit_of


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True).stdout.strip()


def test_a_revision_that_is_not_there_is_named_with_what_to_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--allow-empty", "-m", "one")
    made = git(tmp_path, "rev-parse", "HEAD")
    monkeypatch.setattr(revision, "_toplevel", lambda: str(tmp_path))
    assert commit_of("HEAD") == made
    with pytest.raises(RigBroken, match="'nosuchrev' is no revision of the repository in .*give a branch, a tag or"):
        commit_of("nosuchrev")


def test_where_there_is_no_repository_that_is_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(revision, "_toplevel", lambda: str(tmp_path))
    with pytest.raises(RigBroken, match="not a git repository"):
        commit_of("main")
