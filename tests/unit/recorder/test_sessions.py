"""Sessions drawn from the journal: each turn once and in its order, of one house, and gone for good where deleted."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from gossamer.config.settings import Settings
from gossamer.control.forgetting import delete_for_good
from gossamer.control.kept_answers import KeptAnswers
from gossamer.core.record import Content, Directed, Record, Usage
from gossamer.projections.sessions.search import Query, Sessions
from gossamer.projections.sessions.session import Session
from gossamer.projections.sessions.tombstones import Tombstones, found_trace
from gossamer.projections.sessions.writer import SessionFile
from gossamer.projections.traces.reader import FileTraces
from gossamer.projections.traces.search import TraceSearch
from gossamer.projections.traces.writer import TraceFile
from gossamer.recorder.file_sink import FileSink
from gossamer.recorder.forgetting import Forgetting
from gossamer.recorder.living import LivingSink
from gossamer.recorder.replay.files import rebuild_sessions, rebuild_traces
from gossamer.recorder.sink import Sink
from gossamer.recorder.source import Source
from tests.unit.recorder.conftest import Journal

FIRST_AT = 1_800_000_000.0
NOW_US = round((FIRST_AT + 100) * 1e6)
KEEP_S = 10_000.0


class Home:
    """The recorder's two files, and what reads them."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.journal = journal
        self.path, self.traces_path = folder / "sessions.db", folder / "traces.db"
        self.found: dict[str, Record] | None = None
        self.most = 1000
        self.keeps_content = False
        self.search = Sessions(self.path)
        self.traces = TraceSearch(self.traces_path)

    def find_trace(self, trace_id: str) -> Record | None:
        return found_trace(self.traces, trace_id) if self.found is None else self.found.get(trace_id)

    def open_sessions(self, now: float) -> Callable[[Path], SessionFile]:
        return lambda path: SessionFile(
            path,
            self.find_trace,
            lambda: self.most,
            lambda: now,
            forget=Forgetting(self.journal.directory).forget,
            keeps_content=self.keeps_content,
        )

    def take(self, name: str = "sessions", *, from_the_start: bool = False, now: float = FIRST_AT + 100) -> None:
        opens: dict[str, tuple[Path, Callable[[Path], SessionFile | TraceFile]]] = {
            "sessions": (self.path, self.open_sessions(now)),
            "traces": (self.traces_path, TraceFile),
        }
        rebuild = rebuild_sessions if name == "sessions" else rebuild_traces
        sink: Sink = FileSink(name, *opens[name], KEEP_S, rebuild, lambda: now)
        if name == "traces":
            sink = LivingSink(sink, Tombstones(self.path))  # type: ignore[arg-type]
        source = Source(self.journal.directory, {} if from_the_start else sink.open())
        if from_the_start:
            sink.open()
        while batch := source.next():
            sink.take(batch)
        source.close()
        sink.close()

    def delete(self, session: Session, now_us: int = NOW_US) -> None:
        traces = FileTraces(self.traces_path)
        answers = KeptAnswers(Settings(data_dir=str(self.path.parent)))
        asyncio.run(delete_for_good([session], self.search, traces, answers, self.path.parent, now_us))

    def journal_bytes(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.journal.directory.iterdir())

    def all(self) -> list[Session]:
        return self.search.find(Query(now_us=NOW_US))

    def ids(self, session: Session) -> list[str]:
        return [turn.id for turn in self.search.turns(session.id, 100)]


@pytest.fixture
def home(tmp_path: Path, journal: Journal) -> Home:
    return Home(tmp_path, journal)


def test_turns_are_summed_up_in_their_session(home: Home):
    home.journal.write(2, session="talk", key="k", user="ada", agent="a1", directive=Directed("d", 3, 1, 2))
    home.journal.write(1, session="talk", key="k2", user="ada", status=500, error="broken", usage=None, cost_nanos=None)
    home.journal.write(3, key="k", user="ada")
    home.take()
    (session,) = home.all()
    assert (session.name, session.user, session.key, session.agent) == ("talk", "ada", "k", None)
    assert (session.turns, session.failed, session.input, session.output) == (3, 1, 20, 10)
    assert session.cost_nanos == 5_000
    assert (session.began_us, session.last_us) == (round(FIRST_AT * 1e6), round((FIRST_AT + 2) * 1e6))
    turns = home.search.turns(session.id, 100)
    assert [(turn.id, turn.status) for turn in turns] == [("req_0", 200), ("req_1", 200), ("req_2", 500)]
    assert (turns[0].directive, turns[0].usage) == (Directed("d", 3, 1, 2), Usage(input=10, output=5))
    assert [turn.id for turn in home.search.turns(session.id, 1, (turns[0].at_us, "req_0"))] == ["req_1"]


def test_the_same_name_of_another_house_is_another_session_and_of_nobody_it_is_none(home: Home):
    home.journal.write(1, session="talk", key="k1", user="ada")
    home.journal.write(1, session="talk", key="k2", user="bob")
    home.journal.write(1, session="talk", key="k3")
    home.journal.write(1, session="talk", key="k4")
    home.journal.write(1, session="talk", status=401)
    home.take()
    assert sorted((each.user or "", each.key, each.turns) for each in home.all()) == [
        ("", "k3", 1), ("", "k4", 1), ("ada", "k1", 1), ("bob", "k2", 1),
    ]  # fmt: skip
    assert len(home.search.find(Query(user="ada", now_us=NOW_US))) == 1


def test_turns_stand_in_the_order_of_their_arrival_however_they_were_written(home: Home):
    for at in (5.0, 1.0, 3.0):
        home.journal.write(1, session="talk", key="k", at=FIRST_AT + at)
    home.take()
    (session,) = home.all()
    assert home.ids(session) == ["req_1", "req_2", "req_0"]
    assert (session.began_us, session.last_us) == (round((FIRST_AT + 1) * 1e6), round((FIRST_AT + 5) * 1e6))


def test_a_journal_that_is_read_twice_counts_once(home: Home):
    home.journal.write(5, session="talk", key="k")
    home.take()
    before = home.all()
    home.take(from_the_start=True)
    assert home.all() == before
    assert before[0].turns == 5


@pytest.mark.parametrize("is_late", [False, True])
def test_a_session_that_the_gateway_named_has_its_first_turn_too(home: Home, is_late: bool):
    home.journal.write(1, id="req_ab-1", key="k")
    home.journal.write(2, session="ses_ab-1", key="k")
    if not is_late:
        home.take("traces")
    home.take()
    if is_late:
        assert home.all()[0].turns == 2
        home.take("traces")
        home.journal.write(1, key="k")
        home.take()
    (session,) = home.all()
    assert (session.name, session.turns) == ("ses_ab-1", 3)
    assert home.ids(session) == ["req_ab-1", "req_1", "req_2"]


def test_nobody_takes_anothers_first_turn(home: Home):
    home.journal.write(1, id="req_ab-1", key="k", user="ada")
    home.journal.write(1, session="ses_ab-1", key="k", user="eve")
    home.take("traces")
    home.take()
    assert [(each.user, each.turns) for each in home.all()] == [("eve", 1)]


def test_what_is_deleted_is_in_no_file_and_no_replay_brings_it_back(home: Home):
    home.journal.write(1, id="req_ab-1", key="k", request_id="SECRETID")
    home.journal.write(2, session="ses_ab-1", key="k", error="SECRETWORD", request_id="SECRETID")
    home.journal.write(1, session="other", key="k")
    home.take("traces")
    home.take()
    session = next(each for each in home.all() if each.name == "ses_ab-1")
    home.delete(session)
    home.search.bury([session.id], NOW_US)
    assert b"SECRETWORD" not in home.journal_bytes()
    for again in range(2):
        for path in home.path.parent.glob("*.db*"):
            assert b"SECRET" not in path.read_bytes(), (path, again)
        assert [each.name for each in home.all()] == ["other"]
        home.take(from_the_start=True)
        home.take("traces", from_the_start=True)
    home.journal.write(1, session="ses_ab-1", key="k", at=FIRST_AT + 200)
    home.take()
    assert [each.turns for each in home.all() if each.name == "ses_ab-1"] == [1], "whoever goes on begins anew"


def test_a_run_that_was_under_way_is_noted_until_it_is_deleted_and_by_no_replay_again(home: Home):
    home.journal.write(1, session="talk", key="k")
    home.journal.write(1, session="run_1", run="run_1", key="k")
    home.take()
    talk = next(each for each in home.all() if each.name == "talk")
    home.delete(talk)
    assert home.search.late_runs() == [], "nobody knows yet"
    home.journal.write(1, id="req_own", session="talk", run="run_1", key="k")
    home.take()
    (run,) = home.search.late_runs()
    assert (run.name, run.key, home.ids(run)) == ("run_1", "k", ["req_1"])
    home.delete(run)
    for again in (False, True):
        home.take(from_the_start=again)
        assert (home.all(), home.search.late_runs()) == ([], [])


def test_sessions_go_by_age_and_by_number(home: Home):
    for number in range(6):
        home.journal.write(1, session=f"s{number}", key="k")
    home.take()
    home.most = 4
    home.take(now=FIRST_AT + 100)
    home.journal.write(1, key="k")
    home.take()
    assert sorted(each.name for each in home.all()) == ["s2", "s3", "s4", "s5"]
    home.journal.write(1, key="k")
    home.take(now=FIRST_AT + KEEP_S + 4)
    assert sorted(each.name for each in home.all()) == ["s4", "s5"]


def test_a_closed_session_is_opened_by_its_next_turn(home: Home):
    home.journal.write(1, session="talk", key="k")
    home.take()
    (session,) = home.all()
    home.search.close(session.id, session.last_us + 1)
    assert home.search.find(Query(state="closed", now_us=session.last_us + 2))
    home.journal.write(1, session="talk", key="k")
    home.take()
    assert home.search.find(Query(state="open", now_us=session.last_us + 1_000_001))


SAID = Content("a" * 64, "b" * 64, "SECRET asked", "SECRET told")


def test_what_was_said_when_its_session_was_deleted_is_not_kept_either(home: Home):
    home.keeps_content = True
    home.journal.write(1, id="req_ab-1", key="k", content=SAID)
    home.journal.write(1, session="ses_ab-1", key="k", content=SAID)
    home.take("traces")
    home.take()
    home.delete(home.all()[0])
    home.journal.write(1, session="ses_ab-1", key="k", content=SAID)
    home.journal.write(1, session="ses_ab-1", key="k2", content=SAID, model="another house")
    for name in ("sessions", "traces"):
        home.take(name)
    home.delete(home.all()[0])
    for path in home.path.parent.rglob("*"):
        assert path.is_dir() or b"SECRET" not in path.read_bytes(), path
    assert b'"ses_ab-1"' in home.journal_bytes(), "its lines are still records"
    home.take(from_the_start=True)
    home.take("traces", from_the_start=True)
    assert home.all() == []


def test_what_somebody_else_said_in_a_session_of_that_name_stays(home: Home):
    home.keeps_content = True
    for user in ("ada", "bob"):
        home.journal.write(1, session="talk", key="k", user=user, content=Content("a", "b", f"SECRET of {user}", ""))
    home.take("traces")
    home.take()
    home.delete(next(each for each in home.all() if each.user == "ada"))
    for found in (home.journal_bytes(), home.path.read_bytes(), home.traces_path.read_bytes()):
        assert (b"of ada" in found, b"of bob" in found) == (False, True)


def test_a_trace_that_came_before_its_turn_goes_as_well(home: Home):
    home.journal.write(1, session="talk", key="k")
    home.take()
    home.journal.write(250, session="talk", key="k", error="SECRET")
    home.journal.write(1, session="talk", key="k2", error="of another house")
    home.take("traces")
    home.delete(home.all()[0], round((FIRST_AT + 1000) * 1e6))
    assert b"SECRET" not in home.traces_path.read_bytes()
    assert b"of another house" in home.traces_path.read_bytes()


@pytest.mark.parametrize("keeps_content", [True, False])
def test_content_is_kept_where_no_trace_does_and_goes_with_its_session(home: Home, keeps_content: bool):
    home.keeps_content = keeps_content
    home.journal.write(1, session="talk", key="k", content=SAID)
    home.journal.write(1, session="talk", key="k")
    home.take()
    assert home.search.contents(["req_0", "req_1", "none"]) == ({"req_0": SAID} if keeps_content else {})
    home.take(now=FIRST_AT + KEEP_S + 4)
    home.journal.write(1, key="k")
    home.take(now=FIRST_AT + KEEP_S + 40)
    assert home.all() == []
    assert home.search.contents(["req_0"]) == {}
