"""`gossamer audit show`, `monitor` and `schema`, over files."""

from pathlib import Path

import msgspec
import pytest

from gossamer.cli.main import main
from gossamer.core.clock import wall_time
from gossamer.projections.audit.event import AuditEvent, ChangeEvent, RequestEvent, event_schema
from gossamer.projections.audit.file import AuditFiles

NOW = wall_time()


def request(seq: int, **more: object) -> RequestEvent:
    whole = {"key": "k1", "address": "10.0.0.1:99", "model": "m", "agent": "a1"} | more
    return RequestEvent(f"req_{seq}", NOW - 10, "n", "0-a", seq, "POST", "/v1/x", 200, "completed", 1, **whole)  # type: ignore[arg-type]


OLD = msgspec.structs.replace(request(1), at=NOW - 7200)
CHANGE = ChangeEvent("chg_1", NOW - 10, "n", "changes", 4, "user", "key.create", user="u1", subject="k1")


def put(home: Path, *events: AuditEvent) -> None:
    files = AuditFiles(home / "audit", 1 << 20, 3600.0)
    place = files.open()
    files.write(msgspec.json.Encoder().encode_lines(events), place.positions, 0, NOW)
    files.close()


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    status = main(["audit", *words])
    return status, capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["req_1", "req_2", "chg_1"]),
        (("--type", "change"), ["chg_1"]),
        (("--type", "request", "--since", "1h"), ["req_2"]),
        (("--until", "1h"), ["req_1"]),
        (("--who", "u1"), ["chg_1"]),
        (("--who", "a1"), ["req_1", "req_2"]),
        (("--who", "10.0.0.1"), ["req_1", "req_2"]),
        (("--who", "nobody"), []),
    ],
)
def test_what_one_looks_for_is_shown(tmp_path, capsys, words, expected):
    put(tmp_path, OLD, request(2), CHANGE)
    status, shown = run(capsys, "show", "--data-dir", str(tmp_path), *words)
    assert status == 0
    assert [line.split()[-1] for line in shown] == expected
    _, lines = run(capsys, "show", "--data-dir", str(tmp_path), "--json", *words)
    assert [msgspec.json.decode(line)["id"] for line in lines] == expected


def test_what_callers_choose_does_not_steer_the_terminal(tmp_path, capsys):
    put(tmp_path, request(1, model="\x1b[2J"))
    _, (line,) = run(capsys, "show", "--data-dir", str(tmp_path))
    assert line.isprintable()


def test_without_files_it_says_how_to_get_some(tmp_path, capsys):
    assert main(["audit", "show", "--data-dir", str(tmp_path)]) == 1
    assert "audit: file" in capsys.readouterr().err


def test_the_monitor_ends_with_a_status_that_says_whether_something_is_missing(tmp_path, capsys):
    put(tmp_path, request(1), request(2), CHANGE)
    status, shown = run(capsys, "monitor", "--once", "--data-dir", str(tmp_path))
    assert status == 0
    assert shown == ["events    1 change, 2 request", "lives     2", "doubles   0", "missing   0"]
    put(tmp_path, request(2), request(5))
    status, (report,) = run(capsys, "monitor", "--once", "--json", "--data-dir", str(tmp_path))
    assert status == 1
    assert msgspec.json.decode(report) == {
        "events": {"request": 4, "change": 1}, "lives": 2, "doubles": 1, "missing": 2,
        "gaps": [{"life": "n/0-a", "first": 3, "last": 4}],
    }  # fmt: skip


def test_the_monitor_follows_what_comes_and_passes_over_what_was_there(tmp_path, capsys):
    put(tmp_path, request(1))
    status, shown = run(capsys, "monitor", "--for", "0.05s", "--data-dir", str(tmp_path))
    assert status == 0
    assert shown[-4] == "events    none"


def test_where_no_audit_is_kept_the_monitor_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOSSAMER_AUDIT", "none")
    assert main(["audit", "monitor", "--once"]) == 2
    assert "no audit is kept" in capsys.readouterr().err


def test_the_schema_is_printed(capsys):
    status = main(["audit", "schema"])
    assert status == 0
    assert msgspec.json.decode(capsys.readouterr().out) == event_schema()
