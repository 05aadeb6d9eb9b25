from collections.abc import Callable

import pytest

from gossamer.core.record import Record
from gossamer.journal.selection import Selection

Records = Callable[..., Record]


@pytest.mark.parametrize(
    ("selection", "is_taken"),
    [
        (Selection(), True),
        (Selection(statuses=("429",)), True),
        (Selection(statuses=("4xx",)), True),
        (Selection(statuses=("5xx", "200")), False),
        (Selection(model="gpt-4o-mini"), True),
        (Selection(model="openai/*"), True),
        (Selection(model="gpt"), False),
        (Selection(key="key_1"), True),
        (Selection(key="key"), False),
        (Selection(since=99.0), True),
        (Selection(since=101.0), False),
        (Selection(id="req_1"), True),
        (Selection(id="the-callers-own"), True),
        (Selection(id="req"), False),
        (Selection(statuses=("4xx",), model="gpt-*", key="key_1", since=1.0, id="req_1"), True),
        (Selection(statuses=("4xx",), model="gpt-*", key="key_2", since=1.0, id="req_1"), False),
    ],
)
def test_all_that_is_set_must_hold(record: Records, selection: Selection, is_taken: bool) -> None:
    one = record(
        1,
        id="req_1",
        at=100.0,
        request_id="the-callers-own",
        status=429,
        key="key_1",
        model="gpt-4o-mini",
        target="openai/gpt-4o-mini",
    )
    assert selection.takes(one) is is_taken


def test_a_request_without_a_model_or_key_is_not_what_was_asked_for(record: Records) -> None:
    bare = record(1, model=None, target=None, key=None)
    assert not Selection(model="*").takes(bare)
    assert not Selection(key="key_1").takes(bare)
