"""docs/reference/prices.md says what the table of prices says."""

from tests.house.pages import page
from tests.house.prices_page import PAGE, write_page


def test_the_page_is_what_would_be_written_now():
    assert page(PAGE) == write_page(), "write it anew: python -m tests.house.prices_page"
