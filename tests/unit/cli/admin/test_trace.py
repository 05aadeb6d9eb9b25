"""`gossamer trace list` waits for what is asked for, where the API answers with what it has read by then."""

from typing import Any

from gossamer.cli.admin.trace import pages_of


class Answer:
    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body


class FakeDoor:
    """Has a page for each place."""

    def __init__(self, pages: dict[str | None, dict[str, Any]]) -> None:
        self.pages = pages
        self.asked: list[tuple[object, object]] = []

    def ask(self, method: str, path: str, *, query: dict[str, object]) -> Answer:
        self.asked.append((query.get("after"), query["limit"]))
        return Answer(self.pages[query.get("after")])  # type: ignore[index]


def test_short_and_empty_pages_are_gone_on_from_until_there_is_no_more():
    door = FakeDoor(
        {
            None: {"data": ["a"], "next": "1."},
            "1.": {"data": [], "next": "2."},
            "2.": {"data": ["b"], "next": None},
        }
    )
    assert pages_of(door, {"after": None}, 5) == {"data": ["a", "b"], "next": None}  # type: ignore[arg-type]
    assert door.asked == [(None, 5), ("1.", 4), ("2.", 4)]


def test_when_there_are_enough_the_rest_is_named():
    door = FakeDoor({None: {"data": ["a"], "next": "1."}, "1.": {"data": ["b"], "next": "2."}})
    assert pages_of(door, {"after": None}, 2) == {"data": ["a", "b"], "next": "2."}  # type: ignore[arg-type]
