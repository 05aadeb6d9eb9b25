"""Scripts played against a clock that the test moves."""

import gc
import weakref

import msgspec
import pytest

from gossamer.mock.player import Player, stamp_piece
from gossamer.mock.script import Ending, Script
from tests.unit.mock.conftest import Outlet

CAME = 1_000
WHOLE = Script(200, b"a: b\r\n", (b"body",), (5,), 5, Ending.END, 4)
STREAM = Script(200, b"", (b"1", b"2", b"3"), (5, 15, 25), 25)


@pytest.fixture
def play(timers, outlet):
    def begin(script, *, outlet_=None, **options):
        ends = []
        player = Player(script, b"", outlet_ or outlet, timers, CAME, lambda *how: ends.append(how), **options)
        timers.now_ns = CAME
        player.begin()
        return player, ends

    return begin


def test_a_whole_answer_comes_at_its_time(play, timers, outlet):
    _, ends = play(WHOLE)
    timers.run_to(CAME + 4)
    assert (outlet.heard, ends) == ([], [])
    timers.run_to(CAME + 5)
    assert (outlet.heard, ends) == ([(CAME + 5, "reply", 200, b"body")], [(200, "finished")])


def test_a_stream_keeps_its_times(play, timers, outlet):
    _, ends = play(STREAM)
    timers.run_to(CAME + 100)
    assert outlet.heard == [
        (CAME + 5, "start", 200, None),
        (CAME + 5, "write", b"1"),
        (CAME + 15, "write", b"2"),
        (CAME + 25, "write", b"3"),
        (CAME + 25, "end"),
    ]
    assert ends == [(200, "finished")]


def test_lateness_does_not_add_up(play, timers, outlet):
    play(STREAM)
    timers.turn(CAME + 12)
    assert timers.pending == [CAME + 15]
    timers.turn(CAME + 21)
    assert timers.pending == [CAME + 25]


def test_pieces_that_are_late_go_out_one_a_turn(play, timers, outlet):
    play(STREAM)
    for turn in (1, 2, 3):
        timers.turn(CAME + 100)
        assert [what[-1] for what in outlet.heard if what[1] == "write"] == [b"1", b"2", b"3"][:turn]


def test_what_is_due_at_once_begins_at_once(play, outlet):
    play(Script(200, b"", (b"1", b"2"), (0, 0), 0))
    assert [what[1] for what in outlet.heard] == ["start", "write"]


@pytest.mark.parametrize(
    ("script", "heard", "end"),
    [
        (Script(200, b"", (b"1",), (5,), 9, Ending.CUT), ["start", "write", "break_off"], (200, "cut")),
        (Script(200, b"", (b"1",), (5,), 9, Ending.CUT, 10), ["start", "write", "break_off"], (200, "cut")),
        (Script(0, b"", (), (), 9, Ending.RESET), ["reset"], (0, "cut")),
        (Script(0, b"", (), (), 0, Ending.RESET), ["reset"], (0, "cut")),
        (Script(200, b"", (), (), 9, Ending.CUT), ["break_off"], (0, "cut")),
    ],
)
def test_unclean_ends(play, timers, outlet, script, heard, end):
    _, ends = play(script)
    timers.run_to(CAME + 100)
    assert [what[1] for what in outlet.heard] == heard
    assert ends == [end]


def test_a_cut_comes_a_turn_after_the_last_piece(play, timers, outlet):
    play(Script(200, b"", (b"1",), (5,), 5, Ending.CUT))
    timers.turn(CAME + 5)
    assert outlet.heard[-1][1] == "write"
    timers.turn(CAME + 5)
    assert outlet.heard[-1][1] == "break_off"


def test_hanging_costs_no_timer(play, timers, outlet):
    player, ends = play(Script(0, b"", (), (), 5, Ending.HANG))
    assert (timers.pending, outlet.heard, ends) == ([], [], [])
    player.cancel()
    assert ends == [(0, "cancelled")]


@pytest.mark.parametrize(("until", "status"), [(0, 0), (5, 200), (15, 200)])
def test_cancelling_stops_the_timers(play, timers, outlet, until, status):
    player, ends = play(STREAM)
    timers.run_to(CAME + until)
    before = list(outlet.heard)
    player.cancel()
    player.cancel()
    timers.run_to(CAME + 100)
    assert (outlet.heard, ends, timers.pending) == (before, [(status, "cancelled")], [])


def test_cancelling_after_the_end_changes_nothing(play, timers):
    player, ends = play(STREAM)
    timers.run_to(CAME + 100)
    player.cancel()
    assert ends == [(200, "finished")]


def test_a_pause_holds_pieces_back_and_resuming_sends_them_one_a_turn(play, timers, outlet):
    player, _ = play(STREAM)
    timers.run_to(CAME + 5)
    player.pause()
    timers.run_to(CAME + 50)
    assert outlet.heard[-1] == (CAME + 5, "write", b"1")
    player.resume()
    timers.turn(CAME + 50)
    assert outlet.heard[-1] == (CAME + 50, "write", b"2")
    timers.turn(CAME + 50)
    assert outlet.heard[-2:] == [(CAME + 50, "write", b"3"), (CAME + 50, "end")]


def test_a_pause_that_ends_in_time_delays_nothing(play, timers, outlet):
    player, _ = play(STREAM)
    timers.run_to(CAME + 6)
    player.pause()
    timers.run_to(CAME + 10)
    player.resume()
    player.resume()
    timers.run_to(CAME + 25)
    assert [what[0] - CAME for what in outlet.heard if what[1] == "write"] == [5, 15, 25]


@pytest.mark.parametrize("word", ["start", "write"])
def test_who_hangs_up_while_being_told_is_told_no_more(play, timers, word):
    class Fickle(Outlet):
        player: Player

        def note(self, *what: object) -> None:
            super().note(*what)
            if what[0] == word:
                self.player.cancel()

    fickle = Fickle(timers)
    fickle.player, ends = play(STREAM, outlet_=fickle)
    timers.run_to(CAME + 100)
    assert fickle.heard[-1][1] == word
    assert ends == [(200, "cancelled")]


def test_whoever_asks_at_the_end_finds_it_finished(play, timers):
    ended: list[int] = []

    class Asking(Outlet):
        def note(self, *what: object) -> None:
            if what[0] in {"end", "reply", "break_off"}:
                ended.append(len(ends))

    for script in (STREAM, WHOLE, Script(200, b"", (b"1",), (5,), 9, Ending.CUT)):
        _, ends = play(script, outlet_=Asking(timers))
        timers.run_to(CAME + 100)
    assert ended == [1, 1, 1]


@pytest.mark.parametrize(
    ("piece", "is_stamped"),
    [
        (b'data: {"a":1}\n\n', True),
        (b'event: x\ndata: {"a":{}}\n\n', True),
        (b"data: [DONE]\n\n", False),
        (b": hi\n\n", False),
    ],
)
def test_stamps_are_the_last_member_of_an_event(piece, is_stamped):
    stamped = stamp_piece(piece)
    assert (stamped != piece) is is_stamped
    if is_stamped:
        members = msgspec.json.decode(stamped.split(b"data: ")[1])
        assert list(members) == ["a", "mock_sent_ns"]


def test_stamped_answers_say_when_they_came_and_went(timers, outlet):
    headers = []
    outlet.start = lambda status, block, length: headers.append(block)
    Player(
        Script(200, b"a: b\r\n", (b"1", b"2"), (0, 0), 0),
        b"c: d\r\n",
        outlet,
        timers,
        7,
        lambda *_: None,
        is_stamped=True,
    ).begin()
    assert headers[0].startswith(b"a: b\r\nc: d\r\nx-mock-received-ns: 7\r\nx-mock-sent-ns: ")


class Holding(Outlet):
    """As those that there are."""

    player: Player


@pytest.mark.parametrize("script", [WHOLE, STREAM, Script(200, b"", (b"1",), (5,), 9, Ending.RESET)])
@pytest.mark.parametrize("leaves", [False, True])
def test_an_answer_that_is_over_leaves_no_circle(timers, script, leaves):
    """Its outlet holds the player, and the player held the outlet: each answer waited for the collector, and every
    20,000 objects all who ask waited for that.
    """
    gc.disable()
    try:
        outlet = Holding(timers)
        outlet.player = Player(script, b"", outlet, timers, CAME, lambda *how: None)
        outlet.player.begin()
        timers.run_to(CAME + 5)
        if leaves:
            outlet.player.cancel()
        timers.run_to(CAME + 100)
        timers.appointments.clear()
        gone = weakref.ref(outlet)
        del outlet
        assert gone() is None
    finally:
        gc.enable()
