"""Environments: the registry's own client with pinned versions, or the reason why there is none."""

from pathlib import Path

import msgspec
import pytest

from gossamer.bench.errors import RigBroken
from gossamer.bench.peers.environment import commands_of, environment_of, version_of, write_package
from gossamer.bench.peers.manifest import Install, Manifest, Start


def manifest(install: Install) -> Manifest:
    return Manifest("A Peer", "about", install, Start(("x",)))


def test_pypi_gets_a_venv_and_its_constraints(tmp_path: Path):
    venv, pip = commands_of(Install("pypi", ("a==1",), "a.pins"), tmp_path / "env", tmp_path)
    assert venv[1:] == ["-m", "venv", str(tmp_path / "env")]
    assert pip[0] == str(tmp_path / "env/bin/python")
    assert pip[-3:] == ["--constraint", str(tmp_path / "a.pins"), "a==1"]


def test_npm_takes_its_lock_and_what_is_held_back(tmp_path: Path):
    write_package(Install("npm", ("@scope/a@1.2.3",), hold=("b@4.5",)), tmp_path)
    package = msgspec.json.decode((tmp_path / "package.json").read_bytes())
    assert package["dependencies"] == {"@scope/a": "1.2.3"}
    assert package["overrides"] == {"b": "4.5"}


def test_what_must_be_there_and_is_not_is_told_with_the_remedy(tmp_path: Path):
    missing = manifest(Install("path", program="no-such-program", hint="apt-get install it"))
    with pytest.raises(RigBroken, match="no-such-program is not on the path. apt-get install it"):
        environment_of(missing, tmp_path, tmp_path, print)


def test_an_environment_is_made_once_and_anew_when_the_manifest_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ran: list[list[str]] = []
    monkeypatch.setattr("gossamer.bench.peers.environment._run", lambda _, command, __: ran.append(command))
    first = environment_of(manifest(Install("pypi", ("a==1",))), tmp_path, tmp_path / "root", print)
    assert environment_of(manifest(Install("pypi", ("a==1",))), tmp_path, tmp_path / "root", print) == first
    assert len(ran) == 2
    assert environment_of(manifest(Install("pypi", ("a==2",))), tmp_path, tmp_path / "root", print) != first


def test_one_that_failed_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise RigBroken("no network")

    monkeypatch.setattr("gossamer.bench.peers.environment._run", fail)
    with pytest.raises(RigBroken, match="no network"):
        environment_of(manifest(Install("pypi", ("a==1",))), tmp_path, tmp_path, print)
    monkeypatch.setattr("gossamer.bench.peers.environment._run", lambda *_: None)
    assert environment_of(manifest(Install("pypi", ("a==1",))), tmp_path, tmp_path, print).exists()


def test_the_version_is_the_pin_or_what_it_says():
    assert version_of(manifest(Install("pypi", ("a==1",))), Path()) == "a==1"
    asked = Install("path", version=("{python}", "-c", "print('a 7\\nmore')"))
    assert version_of(manifest(asked), Path()) == "a 7"
