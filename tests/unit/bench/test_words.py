"""No column and no mark of a report is left without its words, and they stand where it is read first."""

from collections.abc import Iterable

from gossamer.bench.analysis import figures_of
from gossamer.bench.cells import Cell, Lane
from gossamer.bench.markdown import HEADINGS, write_markdown
from gossamer.bench.page import write_page
from gossamer.bench.peers import table as peers
from gossamer.bench.profiles import floor, latency
from gossamer.bench.words import COLUMNS, MARKS, Word, words_of
from tests.unit.bench.made_up import run_of

CELLS = (floor(), latency(10), Cell(Lane.CAPACITY, 64, 20), Cell(Lane.ERRORS, 1, 5, fault="500"))


def explained(words: Iterable[Word]) -> set[str]:
    return {heading for word in words for heading in word.headings}


def test_every_column_has_its_words_and_no_words_are_of_no_column():
    shown = {heading for headings in HEADINGS.values() for heading in headings}
    assert explained(COLUMNS) == shown
    assert explained(peers.words()) == set(peers.HEADINGS)
    assert set(MARKS) <= set(peers.words())


def test_only_what_is_shown_is_explained():
    assert [word.name for word in words_of(("after ms", "cell"))] == ["cell", "after ms", *(m.name for m in MARKS)]


def test_they_stand_before_the_first_table():
    figures = figures_of(run_of(rounds=2, cells=CELLS))
    text, page = write_markdown(figures), write_page(figures)
    first, heat = text.index("| cell |"), page.index("<table>")
    for word in (*COLUMNS, *MARKS):
        assert text.index(f"- {word.name}: {word.means}") < first, word.name
        assert page.index(f"<dt>{word.name.replace('`', '')}</dt>") < heat, word.name


def test_the_table_of_peers_says_how_a_ratio_is_made():
    (word,) = (word for word in peers.words() if word.name == "to nginx")
    assert "the median of each round's ratio, which is not the quotient" in word.means
