"""Manifests: ours can be read, all of their fields are known, and a wrong one says what is wrong."""

from pathlib import Path

import pytest

from gossamer.bench.errors import RigBroken
from gossamer.bench.peers.manifest import filled, read_manifest, read_manifests
from gossamer.bench.record import Role
from tests.house.pages import ROOT

OURS = ROOT / "benchmarks" / "peers"
LEAST = 'name = "x"\nabout = "a"\n[install]\nfrom = "here"\n[start]\ncommand = ["x"]\n'


def test_ours_are_all_there_and_one_is_the_hop():
    found = {manifest.name: manifest for manifest in read_manifests(OURS)}
    assert set(found) == {"nginx", "Gossamer", "agentic-api", "Portkey", "lm-proxy", "LiteLLM"}
    assert [name for name, manifest in found.items() if manifest.part is Role.HOP] == ["nginx"]


def test_what_comes_from_a_registry_is_pinned_and_so_is_all_that_it_needs():
    for manifest in read_manifests(OURS):
        install = manifest.install
        for package in install.packages:
            assert ("==" in package) == (install.source == "pypi"), package
            assert ("@" in package.lstrip("@")) == (install.source in ("npm", "crates")), package
        assert not install.pins or (OURS / install.pins).exists()


def test_the_template_shows_every_member(tmp_path: Path):
    shown = read_manifest(OURS / "template.toml")
    least = tmp_path / "least.toml"
    least.write_text(LEAST)
    for part in ("install", "start", "ask", "says"):
        ours, bare = getattr(shown, part), getattr(read_manifest(least), part)
        text = (OURS / "template.toml").read_text()
        for field in bare.__struct_encode_fields__:
            assert f"\n{field} = " in text or f"\n[{part}.{field}]" in text, f"{part}.{field}"
        assert type(ours) is type(bare)


def test_only_known_braces_are_filled():
    assert filled("a {port} {other} events { x }", {"port": 7}) == "a 7 {other} events { x }"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LEAST + "colour = 1\n", "unknown field `colour`"),
        (LEAST.replace('"here"', '"elsewhere"'), "Invalid enum value 'elsewhere'"),
        ("name = \n", "Invalid value"),
    ],
)
def test_a_wrong_one_says_what_is_wrong(text: str, told: str, tmp_path: Path):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(RigBroken, match=f"bad.toml: (.|\n)*{told}"):
        read_manifests(tmp_path)


def test_a_name_that_is_not_there_is_told_with_those_that_are(tmp_path: Path):
    (tmp_path / "one.toml").write_text(LEAST)
    with pytest.raises(RigBroken, match="no manifest two in .*; there are one"):
        read_manifests(tmp_path, ["two"])
    with pytest.raises(RigBroken, match="has no manifests"):
        read_manifests(tmp_path / "nowhere")


def test_two_of_one_name_are_refused(tmp_path: Path):
    for stem in ("one", "two"):
        (tmp_path / f"{stem}.toml").write_text(LEAST)
    with pytest.raises(RigBroken, match="one name"):
        read_manifests(tmp_path)
