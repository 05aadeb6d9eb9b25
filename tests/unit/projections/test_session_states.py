"""What a session is at a moment: the table, and that the store's filter says the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.projections.sessions.search import Query, Sessions
from gossamer.projections.sessions.states import TRANSITIONS, Spans, State, next_state, state_at
from gossamer.projections.sessions.writer import SessionFile

SPANS = Spans(10, 50)
STATES: tuple[State, ...] = ("open", "idle", "closed", "expired")


def test_each_state_has_its_row_and_a_turn_opens_any():
    assert set(TRANSITIONS) == set(STATES)
    assert {next_state(state, "turn") for state in STATES} == {"open"}
    assert next_state("closed", "quiet") == "closed"


@pytest.mark.parametrize(
    ("closed_us", "now_us", "state"),
    [
        (None, 100, "open"), (None, 109, "open"), (None, 110, "idle"), (None, 149, "idle"), (None, 150, "expired"),
        (105, 106, "closed"), (105, 149, "closed"), (105, 150, "expired"), (160, 170, "closed"), (99, 105, "open"),
    ],
)  # fmt: skip
def test_what_the_times_make_of_it(closed_us: int | None, now_us: int, state: State):
    assert state_at(100, closed_us, now_us, SPANS) == state


@given(
    st.lists(st.tuples(st.integers(0, 200), st.none() | st.integers(0, 200)), min_size=1, max_size=20),
    st.integers(200, 300),
)
def test_the_filter_of_the_store_says_the_same(tmp_path_factory: pytest.TempPathFactory, times, now_us: int):
    path = Path(tmp_path_factory.mktemp("states")) / "sessions.db"
    file = SessionFile(path, lambda _: None, lambda: 1000)
    for number, (last_us, closed_us) in enumerate(times):
        row = (str(number), "n", None, "k", None, 0, last_us, 1, 0, 0, 0, 0, closed_us)
        file.run.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    file.close()
    for state in STATES:
        found = Sessions(path).find(Query(state=state, now_us=now_us, spans=SPANS))
        wanted = {str(n) for n, (last, closed) in enumerate(times) if state_at(last, closed, now_us, SPANS) == state}
        assert {each.id for each in found} == wanted
