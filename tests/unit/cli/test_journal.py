import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from gossamer.cli import journal as journal_command
from gossamer.cli.journal import add_commands
from gossamer.core.record import Record
from gossamer.journal.writer import JournalWriter

NOW = 1_800_000_000.0


def record(seq: int, status: int = 200, model: str = "gpt-4o-mini", key: str = "key_1") -> Record:
    at = NOW - 100 + seq
    return Record(f"req_{seq}", at, 0, seq, "POST", "/", status, "completed", [], 1000, 10, key=key, model=model)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """100 requests, one a second, the last a second ago: every tenth failed, every fourth of another model and key."""
    monkeypatch.setattr(journal_command, "wall_time", lambda: NOW)
    writer = JournalWriter(tmp_path / "journal", 0, 8192, 1 << 20, print)
    for seq in range(100):
        other = {"model": "claude-haiku", "key": "key_2"} if seq % 4 == 0 else {}
        writer.append(record(seq, 502 if seq % 10 == 0 else 200, **other))
    yield tmp_path
    writer.close()


Show = Callable[..., list[str]]


@pytest.fixture
def show(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Show:
    def run(*words: str) -> list[str]:
        assert run_command("--data-dir", str(data_dir), *words) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out.splitlines()

    return run


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    args = parser.parse_args(["journal", "show", *words])
    code: int = args.run(args)
    return code


def ids(lines: list[str]) -> list[int]:
    return [int(msgspec.json.decode(line)["id"][4:]) for line in lines]


def test_all_requests_come_one_a_line_the_oldest_first(show: Show) -> None:
    lines = show()
    assert [line.split()[-1] for line in lines] == [f"req_{seq}" for seq in range(100)]


def test_json_is_what_was_written(show: Show) -> None:
    assert [msgspec.json.decode(line, type=Record) for line in show("--json")][99] == record(99)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--last", "3"], [97, 98, 99]),
        (["--status", "5xx"], list(range(0, 100, 10))),
        (["--status", "502,429"], list(range(0, 100, 10))),
        (["--status", "429"], []),
        (["--model", "claude*", "--last", "2"], [92, 96]),
        (["--key", "key_2", "--status", "5xx"], [0, 20, 40, 60, 80]),
        (["--since", "5s"], [95, 96, 97, 98, 99]),
        (["--since", "0.5m", "--status", "5xx"], [70, 80, 90]),
        (["--id", "req_42"], [42]),
    ],
)
def test_a_selection_is_what_was_asked_for(show: Show, words: list[str], expected: list[int]) -> None:
    assert ids(show("--json", *words)) == expected


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--status", "6xx"], "give one such as 429"),
        (["--since", "yesterday"], "give one such as 30s"),
        (["--last", "-1"], "give one such as 20"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit):
        run_command("--data-dir", "x", *words)
    assert complaint in capsys.readouterr().err


def test_no_journal_is_told_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("--data-dir", str(tmp_path)) == 1
    assert f"there is no journal at {tmp_path}/journal: start the gateway" in capsys.readouterr().err


def test_what_is_no_record_goes_to_stderr(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = data_dir / "journal" / "w07-0000000000000001-00000000.ndjson"
    path.write_bytes(b"!!\n" + msgspec.json.encode(record(500)) + b"\n")
    assert run_command("--data-dir", str(data_dir), "--json", "--last", "1") == 0
    out, err = capsys.readouterr()
    assert ids(out.splitlines()) == [500]
    assert err == f"gossamer: no record at {path.name}:3: not a JSON object\n"


def test_following_goes_on_with_the_new_ones_until_interrupted(
    show: Show, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(data_dir / "journal", 1, 8192, 1 << 20, print)
    news = iter([record(200, status=502), record(201)])

    def pause(interval_s: float) -> None:
        try:
            writer.append(next(news))
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(journal_command, "sleep", pause)
    assert ids(show("--json", "--follow", "--last", "1", "--status", "5xx")) == [90, 200]
    writer.close()


def test_the_data_directory_comes_from_the_configuration_where_it_is_not_named(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "gossamer.yaml"
    config.write_text(f"data_dir: {data_dir}\n")
    assert run_command("--config", str(config), "--json", "--last", "1") == 0
    monkeypatch.chdir(tmp_path)
    assert run_command("--json", "--last", "1") == 0
    assert ids(capsys.readouterr().out.splitlines()) == [99, 99]


def test_a_reader_that_has_seen_enough_ends_it_quietly(data_dir: Path) -> None:
    script = """
import argparse, sys
from gossamer.cli.journal import add_commands
parser = argparse.ArgumentParser()
add_commands(parser.add_subparsers())
args = parser.parse_args(sys.argv[1:])
sys.exit(args.run(args))
"""
    nobody_reads, writes = os.pipe()
    os.close(nobody_reads)
    command = [sys.executable, "-c", script, "journal", "show", "--data-dir", str(data_dir)]
    ended = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, check=False)
    os.close(writes)
    assert (ended.returncode, ended.stderr) == (0, b"")
