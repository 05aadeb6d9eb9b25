"""docs/reference/metrics.md is true: its metrics are those of the page, with their labels."""

from gossamer.recorder.metrics.book import MOST_NAMES
from tests.house.metrics import metrics
from tests.house.pages import ROOT, code, codes, table

PAGE = "docs/reference/metrics.md"


def test_each_metric_is_listed_with_its_labels():
    told = {code(name): set(codes(labels)) for name, labels, _ in table(PAGE, "metric").rows}
    assert told == {each.shown: set(each.labels) for each in metrics()}


def test_how_many_names_there_may_be_is_as_said():
    assert f"beyond {MOST_NAMES}:" in (ROOT / PAGE).read_text(encoding="utf-8")
