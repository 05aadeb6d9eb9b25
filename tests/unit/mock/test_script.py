"""What each fault does to the pieces of an answer and to their times."""

import pytest

from gossamer.mock.asked import Asked, Dialect
from gossamer.mock.faults import parse_fault
from gossamer.mock.orders import NO_ORDERS
from gossamer.mock.plan import Dice, Plan, Settings, plan_answer
from gossamer.mock.render.template import Stream
from gossamer.mock.script import Ending, fixed_stream_script, silent_script, stream_script, whole_script

MS = 1_000_000
EVENTS = Stream((b"open ",), tuple(b'data: {"t":%d}\n\n' % at for at in range(6)), (b"close ", b"done "), b"broken ")


def plan(fault: str | None = None, gap_ms: float = 10.0) -> Plan:
    settings = Settings(ttft_ms=50, gap_ms=gap_ms, tokens=6)
    parsed = None if fault is None else parse_fault(fault)
    return plan_answer(Dice(0), settings, NO_ORDERS, Asked(Dialect.CHAT, "m", stream=True), b"r", 40, parsed)


def streamed(
    fault: str | None = None, gap_ms: float = 10.0, *, is_apart: bool = True
) -> tuple[Ending, list[tuple[int, str]]]:
    script = stream_script(plan(fault, gap_ms), EVENTS, is_apart=is_apart)
    short = [piece.decode().replace('data: {"t":', "").replace("}\n\n", "").strip() for piece in script.pieces]
    return script.ending, list(zip([due // MS for due in script.due_ns], short, strict=True))


def test_tokens_come_a_gap_apart_and_the_end_with_the_last():
    assert streamed() == (
        Ending.END,
        [
            (50, "open"),
            (50, "0"),
            (60, "1"),
            (70, "2"),
            (80, "3"),
            (90, "4"),
            (100, "5"),
            (100, "close"),
            (100, "done"),
        ],
    )


def test_without_gaps_all_is_one_write():
    script = stream_script(plan(gap_ms=0.0), EVENTS, is_apart=False)
    assert script.pieces == (EVENTS.joined,)
    assert script.due_ns == (50 * MS,)
    assert script.length is None


def test_without_gaps_pieces_may_still_be_kept_apart():
    _, timed = streamed(gap_ms=0.0)
    assert [due for due, _ in timed] == [50] * 9


def test_cut_leaves_the_rest_out():
    assert streamed("cut") == (Ending.CUT, [(50, "open"), (50, "0"), (60, "1"), (70, "2"), (80, "3")])
    assert streamed("cut:0") == (Ending.CUT, [(50, "open")])


def test_cut_without_gaps_is_one_write_and_then_the_end():
    ending, timed = streamed("cut:1", gap_ms=0.0, is_apart=False)
    assert (ending, len(timed)) == (Ending.CUT, 1)


def test_stall_shifts_all_that_follows():
    ending, timed = streamed("stall:1000")
    assert ending is Ending.END
    assert [due for due, _ in timed] == [50, 50, 60, 70, 1080, 1090, 1100, 1100, 1100]


def test_stall_without_gaps_is_two_writes():
    _, timed = streamed("stall:1000", gap_ms=0.0, is_apart=False)
    assert [due for due, _ in timed] == [50, 1050]


def test_malformed_halves_one_event_and_goes_on():
    ending, timed = streamed("malformed")
    assert ending is Ending.END
    assert [due for due, _ in timed] == [50, 50, 60, 70, 80, 90, 100, 100, 100]
    assert [piece for _, piece in timed] == ["open", "0", "1", "2", 'data: {"t"', "4", "5", "close", "done"]


def test_no_done_leaves_out_the_last_event():
    ending, timed = streamed("no-done")
    assert ending is Ending.END
    assert [piece for _, piece in timed][-2:] == ["5", "close"]


def test_an_error_in_the_middle_is_the_last_that_comes():
    ending, timed = streamed("error-in-stream")
    assert ending is Ending.END
    assert timed[-2:] == [(70, "2"), (80, "broken")]


@pytest.mark.parametrize(
    ("fault", "pieces", "due_ms", "ending"),
    [
        (None, (b"abcdef",), [50], Ending.END),
        ("cut", (b"abc",), [50], Ending.CUT),
        ("stall:7", (b"abc", b"def"), [50, 57], Ending.END),
        ("slow:9", (b"abcdef",), [9], Ending.END),
        ("no-done", (b"abcdef",), [50], Ending.END),
    ],
)
def test_a_whole_answer_says_its_length_and_keeps_it_or_not(fault, pieces, due_ms, ending):
    script = whole_script(plan(fault), b"abcdef")
    assert (script.pieces, [due // MS for due in script.due_ns], script.ending) == (pieces, due_ms, ending)
    assert script.length == 6


def test_a_malformed_whole_answer_is_half_of_it_in_a_clean_frame():
    script = whole_script(plan("malformed"), b"abcdef")
    assert (script.pieces, script.length, script.ending) == ((b"abc",), 3, Ending.END)


@pytest.mark.parametrize(("fault", "ending"), [("reset", Ending.RESET), ("hang", Ending.HANG)])
def test_silence(fault, ending):
    script = silent_script(plan(fault))
    assert (script.pieces, script.status, script.ending, script.ends_ns) == ((), 0, ending, 50 * MS)


def test_fixed_pieces_come_a_gap_apart():
    script = fixed_stream_script(plan(), (b"a", b"b", b"c"))
    assert [due // MS for due in script.due_ns] == [50, 60, 70]
    assert script.pieces == (b"a", b"b", b"c")


@pytest.mark.parametrize(("ttft_ms", "is_at_once"), [(0, True), (1, False)])
def test_at_once_is_one_piece_without_delay(ttft_ms, is_at_once):
    settings = Settings(ttft_ms=ttft_ms)
    made = plan_answer(Dice(0), settings, NO_ORDERS, Asked(Dialect.CHAT, "m"), b"r", 40, None)
    assert whole_script(made, b"x").is_at_once is is_at_once
