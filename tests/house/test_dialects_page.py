"""docs/reference/dialects.md says what the tables of the dialects say."""

from gossamer.dialects.fates import Fate
from tests.house.dialects_page import PAGE, write_page
from tests.house.pages import page, table


def test_the_page_is_what_would_be_written_now():
    assert page(PAGE) == write_page(), "write it anew: python -m tests.house.dialects_page"


def test_each_fate_is_explained():
    assert table(PAGE, "fate").column("fate") == [fate.value for fate in Fate]
