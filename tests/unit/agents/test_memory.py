"""What a session remembers, for whom, and what goes first."""

from gossamer.agents.memory import Memory

KEY = ("a", b"token", "ses_1")


def turn(role: str, text: str = "x") -> dict[str, str]:
    return {"role": role, "content": text}


def test_the_last_messages_are_kept_and_begin_with_the_user():
    memory = Memory()
    memory.keep(KEY, [turn("user", "1"), turn("assistant", "2"), turn("user", "3"), turn("assistant", "4")], 3)
    assert memory.recall(KEY) == [turn("user", "3"), turn("assistant", "4")]


def test_nobody_elses_session_is_recalled():
    memory = Memory()
    memory.keep(KEY, [turn("user")], 3)
    for other in (("b", b"token", "ses_1"), ("a", b"other", "ses_1"), ("a", b"token", "ses_2")):
        assert memory.recall(other) == []


def test_no_memory_is_kept_where_none_is_wanted():
    memory = Memory()
    memory.keep(KEY, [turn("user")], 0)
    assert memory.recall(KEY) == []


def test_the_oldest_go_when_there_are_too_many():
    memory = Memory(most_sessions=2)
    for session in "abc":
        memory.keep(("a", b"", session), [turn("user")], 3)
    assert [bool(memory.recall(("a", b"", session))) for session in "abc"] == [False, True, True]


def test_the_oldest_go_when_they_take_too_much_room():
    memory = Memory(most_bytes=1000)
    memory.keep(("a", b"", "old"), [turn("user", "x" * 600)], 3)
    memory.keep(("a", b"", "new"), [turn("user", "x" * 600)], 3)
    assert memory.recall(("a", b"", "old")) == []
    assert memory.recall(("a", b"", "new"))
    memory.keep(("a", b"", "huge"), [turn("user", "x" * 2000)], 3)
    assert memory.recall(("a", b"", "huge")) == []
