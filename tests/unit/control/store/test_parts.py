"""What all nouns do alike, without a database."""

from datetime import UTC, datetime

import pytest

from gossamer.control.nouns import Key
from gossamer.control.store.edits import KeyEdit
from gossamer.control.store.errors import Conflict
from gossamer.control.store.grants import padded
from gossamer.control.store.part import check_version, difference, edited
from gossamer.core.allowance import Limits

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = Key(id="k", user_id=None, name="a key", models=frozenset({"m"}), created_at=_NOW, updated_at=_NOW)


def test_what_an_edit_leaves_out_stays_and_none_is_a_value():
    assert edited(KEY, KeyEdit()) == KEY
    assert edited(KEY, KeyEdit(models=None)).models is None
    assert edited(KEY, KeyEdit(name="new")).models == KEY.models


def test_a_difference_is_what_a_person_would_call_one():
    after = edited(KEY, KeyEdit(limits=Limits(concurrent=1), models=frozenset({"b", "a"})))
    assert difference(KEY, after) == (
        {"models": ["m"], "limits": {}},
        {"models": ["a", "b"], "limits": {"concurrent": 1}},
    )
    assert difference(KEY, KEY) == ({}, {})


def test_any_version_fits_a_change_that_names_none():
    check_version(KEY, None)
    check_version(KEY, 1)
    with pytest.raises(Conflict):
        check_version(KEY, 2)


@pytest.mark.parametrize(("count", "asked"), [(0, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (300, 512)])
def test_questions_come_in_few_sizes(count, asked):
    values = list(range(count))
    assert padded(values)[:count] == values
    assert len(padded(values)) == asked
    assert set(padded(values)) == set(values)
