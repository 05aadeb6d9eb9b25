"""What a session remembers, for whom, and what goes first."""

from gossamer.agents.forgetting import Forgetting
from gossamer.agents.memory import Key, Memory
from gossamer.core.tombstone import Tombstone
from gossamer.feed.messages import Changed, State

KEY = Key("a", b"token", "ses_1")


def turn(role: str, text: str = "x") -> dict[str, str]:
    return {"role": role, "content": text}


def test_the_last_messages_are_kept_and_begin_with_the_user():
    memory = Memory()
    memory.keep(KEY, [turn("user", "1"), turn("assistant", "2"), turn("user", "3"), turn("assistant", "4")], 3, 0)
    assert memory.recall(KEY) == [turn("user", "3"), turn("assistant", "4")]


def test_nobody_elses_session_is_recalled():
    memory = Memory()
    memory.keep(KEY, [turn("user")], 3, 0)
    for other in (Key("b", b"token", "ses_1"), Key("a", b"other", "ses_1"), Key("a", b"token", "ses_2")):
        assert memory.recall(other) == []


def test_no_memory_is_kept_where_none_is_wanted():
    memory = Memory()
    memory.keep(KEY, [turn("user")], 0, 0)
    assert memory.recall(KEY) == []


def test_the_oldest_go_when_there_are_too_many():
    memory = Memory(most_sessions=2)
    for session in "abc":
        memory.keep(Key("a", b"", session), [turn("user")], 3, 0)
    assert [bool(memory.recall(Key("a", b"", session))) for session in "abc"] == [False, True, True]


def test_the_oldest_go_when_they_take_too_much_room():
    memory = Memory(most_bytes=1000)
    memory.keep(Key("a", b"", "old"), [turn("user", "x" * 600)], 3, 0)
    memory.keep(Key("a", b"", "new"), [turn("user", "x" * 600)], 3, 0)
    assert memory.recall(Key("a", b"", "old")) == []
    assert memory.recall(Key("a", b"", "new"))
    memory.keep(Key("a", b"", "huge"), [turn("user", "x" * 2000)], 3, 0)
    assert memory.recall(Key("a", b"", "huge")) == []


def test_a_session_that_is_deleted_is_forgotten_for_all_agents_and_keys():
    memory = Memory()
    others = KEY, KEY._replace(agent="b"), KEY._replace(token=b"other")
    kept = KEY._replace(session="ses_2")
    for key in (*others, kept):
        memory.keep(key, [turn("user")], 3, memory.moment)
    Forgetting(memory).heard(Changed(7, sessions=(Tombstone(1.0, "ses_1").text,)))
    assert [memory.recall(key) for key in others] == [[], [], []]
    assert memory.recall(kept)


def test_what_was_asked_before_it_was_deleted_is_not_kept():
    memory = Memory()
    begun_at = memory.moment
    memory.forget(KEY.session)
    memory.keep(KEY, [turn("user", "before")], 3, begun_at)
    assert memory.recall(KEY) == []
    memory.keep(KEY, [turn("user", "after")], 3, memory.moment)
    assert memory.recall(KEY)


def test_where_nobody_can_say_what_was_deleted_all_is_forgotten():
    memory = Memory()
    memory.keep(KEY, [turn("user")], 3, 0)
    forgetting = Forgetting(memory)
    forgetting.heard(State(5, is_whole=True))
    assert (memory.recall(KEY), forgetting.revision) == ([turn("user")], 5), "nobody was there who could delete"
    forgetting.heard(State(5))
    assert memory.recall(KEY), "it has missed nothing"
    forgetting.heard(State(9, is_whole=True))
    memory.keep(KEY._replace(session="ses_2"), [turn("user")], 3, 0)
    assert (memory.recall(KEY), memory.recall(KEY._replace(session="ses_2")), forgetting.revision) == ([], [], 9)


def test_the_room_of_what_is_forgotten_is_free():
    memory = Memory(most_bytes=1000)
    memory.keep(KEY, [turn("user", "x" * 600)], 3, 0)
    memory.drop(KEY.session)
    memory.keep(KEY._replace(session="a"), [turn("user", "x" * 300)], 3, 0)
    memory.keep(KEY._replace(session="b"), [turn("user", "x" * 300)], 3, 0)
    assert memory.recall(KEY._replace(session="a"))
