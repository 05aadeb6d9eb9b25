"""Files in a folder, and every way out of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossamer.agents.demo.sandbox import NotHere, Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "b.txt").write_text("b")
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "file-link").symlink_to(tmp_path / "secret.txt")
    (inside / "folder-link").symlink_to(tmp_path)
    os.mkfifo(inside / "pipe")
    made = Sandbox(inside)
    yield made
    made.close()


def test_what_is_in_it(sandbox: Sandbox):
    assert sandbox.names() == ["file-link", "folder-link", "pipe", "sub/"]
    assert sandbox.names("sub/") == ["b.txt"]
    assert sandbox.read("./sub//b.txt") == "b"
    assert sandbox.write("sub/new.txt", "é") == 2
    assert sandbox.write("sub/b.txt", "") == 0
    assert (sandbox.read("sub/new.txt"), sandbox.read("sub/b.txt")) == ("é", "")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "..",
        "../secret.txt",
        "sub/../../secret.txt",
        "file-link",
        "folder-link/secret.txt",
        "pipe",
        "sub",
        "",
        "nowhere",
        "sub/b.txt/c",
        "a\0b",
        "sub/b.txt/..",
    ],
)
def test_no_way_leads_out_of_it(sandbox: Sandbox, tmp_path: Path, path: str):
    with pytest.raises(NotHere):
        sandbox.read(path)
    if path != "nowhere":
        with pytest.raises(NotHere):
            sandbox.write(path, "owned")
    assert (tmp_path / "secret.txt").read_text() == "secret"


@pytest.mark.parametrize("path", ["..", "folder-link", "/", "sub/b.txt"])
def test_no_other_folder_is_listed(sandbox: Sandbox, path: str):
    with pytest.raises(NotHere):
        sandbox.names(path)


def test_a_file_has_a_bound(sandbox: Sandbox, tmp_path: Path):
    (tmp_path / "inside" / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(NotHere, match="more than"):
        sandbox.read("large")
    with pytest.raises(NotHere, match="may have"):
        sandbox.write("mine", "x" * (1024 * 1024 + 1))
