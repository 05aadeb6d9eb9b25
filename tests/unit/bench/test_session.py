"""What a run says of what it measured, and which runs are never mixed."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.bench import revision
from gossamer.bench.arms import Outside
from gossamer.bench.errors import RigBroken
from gossamer.bench.profiles import Profile, floor
from gossamer.bench.revision import running_revision
from gossamer.bench.session import Wish, _check_resumed, _digest, _versions
from tests.unit.bench.made_up import run_of

OUTSIDE = Outside("theirs", "http://localhost/v1", "token", "a model", (("x-key", "secret"),))
WISH = Wish(Profile("made up", (floor(),), 2), 2, 1, outside=(OUTSIDE,))


def test_blocks_of_two_revisions_are_not_mixed():
    old, new = (run_of(rounds=1, cells=(floor(),)) for _ in range(2))
    _check_resumed(old, new)
    old.versions, new.versions = ({"gossamer": "0", "revision": each} for each in ("aaaa", "bbbb+changes"))
    with pytest.raises(RigBroken, match=r"was aaaa and this is bbbb\+changes: go back to that one, or begin anew"):
        _check_resumed(old, new)
    old.versions = {"gossamer": "0"}
    with pytest.raises(RigBroken, match="was unknown and this is bbbb"):
        _check_resumed(old, new)


@pytest.mark.parametrize(
    ("other", "is_the_same"),
    [
        (replace(OUTSIDE, model="another"), False),
        (replace(OUTSIDE, headers=(("x-other", "secret"),)), False),
        (replace(OUTSIDE, token="another"), True),
        (replace(OUTSIDE, headers=(("x-key", "another"),)), True),
    ],
)
def test_the_digest_is_of_what_decides_and_never_of_a_secret(other: Outside, is_the_same: bool):
    assert (_digest(WISH) == _digest(replace(WISH, outside=(other,)))) is is_the_same


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the module in it, not yet committed."""
    file = tmp_path / "src" / "gossamer" / "bench" / "revision.py"
    file.parent.mkdir(parents=True)
    for each in (file, tmp_path / "paper"):
        each.write_text("as it was")
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
    monkeypatch.setattr(revision, "__file__", str(file))
    return tmp_path


def test_a_checkout_has_its_revision_and_says_whether_it_was_changed(checkout: Path):
    assert running_revision() == "", "what lies in a repository and is none of its files has no revision"
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "y")
    git(checkout, "tag", "v1")
    short = running_revision()
    assert len(short) >= 8
    assert git(checkout, "rev-parse", "HEAD").startswith(short)
    (checkout / "new").write_text("untracked")
    (checkout / "paper").write_text("changed")
    assert running_revision() == short
    assert _versions()["revision"] == short
    Path(revision.__file__).write_text("changed")
    assert running_revision() == f"{short}+changes"


def test_what_is_in_no_repository_has_no_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(revision, "__file__", str(tmp_path / "revision.py"))
    assert running_revision() == ""
    assert "revision" not in _versions()
