"""`bench run`, `gate` and `peers` refuse, before anything is begun, to keep two things in one file."""

import argparse
from pathlib import Path

import pytest

from gossamer.cli import bench_gate, bench_peers, bench_run


def asked(module: object, *words: object) -> int:
    parser = argparse.ArgumentParser()
    module.add_verb(parser.add_subparsers())  # type: ignore[attr-defined]
    args = parser.parse_args([*map(str, words)])
    code: int = args.run(args)
    return code


@pytest.fixture(autouse=True)
def _nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(*_: object, **__: object) -> None:
        raise AssertionError("it has begun")

    monkeypatch.setattr(bench_run, "take", begun)
    monkeypatch.setattr(bench_peers, "read_manifests", begun)
    monkeypatch.setattr(bench_gate, "_against_revision", begun)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (bench_run, ("run", "--out", "r.html")),
        (bench_run, ("run", "--out", "r.json", "--html", "r.json")),
        (bench_gate, ("gate", "--base", "HEAD", "--out", "r.html")),
        (bench_gate, ("gate", "--base", "HEAD", "--out", "r.json", "--json", "r.html")),
        (bench_peers, ("peers", "--out", "r.html")),
        (bench_peers, ("peers", "--out", "r.json", "--table", "r.json")),
        (bench_peers, ("peers", "--out", "r.json", "--table", "r.html")),
    ],
)
def test_two_outputs_are_two_files(
    module: object, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert asked(module, *words) == 2
    assert "would be written twice" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
