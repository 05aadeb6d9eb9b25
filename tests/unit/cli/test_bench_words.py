"""How a verb of the bench begins and ends, whatever comes between."""

import argparse
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossamer.bench.errors import RigBroken
from gossamer.cli.bench_words import ENDING, check_writable, complaining, ending_well, keep_text


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:  # whoever started us may have had some of them ignored
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def tell(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ENDING)
def test_what_is_kept_is_kept_whatever_ends_us_and_the_second_time_is_not_heard(number: int):
    with ending_well(is_kept=True):
        with pytest.raises(KeyboardInterrupt):
            tell(number)
        for again in ENDING:
            tell(again)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_where_nothing_is_kept_it_is_an_exit_as_a_shell_reports_it(number: int):
    with ending_well(), pytest.raises(SystemExit) as ended:
        tell(number)
    assert ended.value.code == 128 + number


def test_afterwards_everything_is_heard_again_as_before():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with ending_well(), pytest.raises(KeyboardInterrupt):
        tell(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with pytest.raises(KeyboardInterrupt):
        tell(signal.SIGINT)


def test_what_was_not_to_be_heard_is_not():
    """`nohup`: a terminal that closes ends nothing."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ending_well():
        tell(signal.SIGHUP)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RigBroken("nginx is missing"), "gossamer: nginx is missing\n"),
        (OSError(28, "No space left on device", "/data/x"), "gossamer: /data/x: No space left on device\n"),
    ],
)
def test_what_a_user_can_mend_is_a_line(error: Exception, told: str, capsys: pytest.CaptureFixture[str]):
    @complaining
    def verb(_: argparse.Namespace) -> int:
        raise error

    assert verb(argparse.Namespace()) == 2
    assert capsys.readouterr().err == told


def test_a_reader_who_has_left_is_somebody_elses_matter():
    @complaining
    def verb(_: argparse.Namespace) -> int:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        verb(argparse.Namespace())


def test_where_a_result_goes_is_tried_before_the_run_and_nothing_is_left_of_it(tmp_path: Path):
    there = tmp_path / "there.json"
    there.write_text("before")
    check_writable(there, tmp_path / "new.json", None)
    assert there.read_text() == "before"
    assert list(tmp_path.iterdir()) == [there]
    for bad, why in ((tmp_path, "is a folder"), (tmp_path / "no" / "such", "there is no folder")):
        with pytest.raises(RigBroken, match=why):
            check_writable(bad)
        with pytest.raises(RigBroken, match="cannot be written"):
            keep_text(bad, "x")


def test_no_output_is_written_over_another_or_over_what_is_read(tmp_path: Path):
    result, page, other = tmp_path / "r.json", tmp_path / "r.html", tmp_path / "link.json"
    result.write_text("the result")
    other.symlink_to(result)
    check_writable(page, None, tmp_path / "f.json", inputs=[result])
    for outputs, why in (
        ([result], "is what is read"),
        ([other], "is what is read"),
        ([tmp_path / "x" / ".." / "r.json"], "is what is read"),
        ([page, page], "would be written twice"),
        ([page, None, tmp_path / "." / "r.html"], "would be written twice"),
    ):
        with pytest.raises(RigBroken, match=why):
            check_writable(*outputs, inputs=[result])
    assert result.read_text() == "the result"


def test_where_the_folder_is_missing_it_says_to_make_it(tmp_path: Path):
    with pytest.raises(RigBroken, match="make the folder first"):
        check_writable(tmp_path / "no" / "such")
