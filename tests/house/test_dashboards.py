"""deploy/grafana and deploy/prometheus stand on metrics that there are, and are whole. What a real Prometheus says of
them is asked in tests/real/observing.
"""

import re
from typing import Any

import msgspec
import pytest

from tests.house.dashboards.frame import COLUMNS, FOLDER, boards, written
from tests.house.metrics import metrics
from tests.house.pages import ROOT, code, table

NAME = re.compile(r"\bgossamer_[a-z_]+\b")
SELECTOR = re.compile(r"\b(gossamer_[a-z_]+)(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\bby \(([^)]*)\)")
OF_PROMETHEUS = {"instance", "job", "le"}
"""Labels that it adds itself."""
UNITS = {"s", "short", "reqps", "percentunit", "bytes", "currencyUSD"}
"""As Grafana calls them."""

NAMES = list(boards())
RULES: Any = msgspec.yaml.decode((ROOT / "deploy/prometheus/gossamer.rules.yml").read_bytes())
TESTS: Any = msgspec.yaml.decode((ROOT / "deploy/prometheus/gossamer.rules.test.yml").read_bytes())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}


def dashboard(name: str) -> Any:
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes())


def queries() -> list[str]:
    of_panels = [target["expr"] for name in NAMES for panel in dashboard(name)["panels"] for target in panel["targets"]]
    of_marks = [each["expr"] for name in NAMES for each in dashboard(name)["annotations"]["list"]]
    return [*of_panels, *of_marks, *(rule["expr"] for rule in ALERTS.values())]


def unknown_in(query: str) -> set[str]:
    """Names of metrics and labels in a query that there are not."""
    known = {sample: set(each.labels) | OF_PROMETHEUS for each in metrics() for sample in each.samples}
    wrong = {name for name, _ in SELECTOR.findall(query) if name not in known}
    labels: set[str] = set().union(*(known.get(name, set()) for name, _ in SELECTOR.findall(query)), OF_PROMETHEUS)
    for name, matchers in SELECTOR.findall(query):
        wrong |= set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", matchers)) - known.get(name, labels)
    for grouping in GROUPING.findall(query):
        wrong |= {label.strip() for label in grouping.split(",")} - labels
    return wrong


@pytest.mark.parametrize("query", queries())
def test_every_query_names_what_there_is(query: str):
    assert unknown_in(query) == set()


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("rate(gossamer_request_total[5m])", {"gossamer_request_total"}),
        ("rate(gossamer_requests[5m])", {"gossamer_requests"}),
        ("gossamer_proxy_request_duration_seconds", {"gossamer_proxy_request_duration_seconds"}),
        ('gossamer_tokens_total{sort="input"}', {"sort"}),
        ("sum by (worker) (gossamer_requests_total)", {"worker"}),
    ],
)
def test_one_that_does_not_would_be_found(query: str, wrong: set[str]):
    assert unknown_in(query) == wrong


@pytest.mark.parametrize("metric", metrics(), ids=lambda metric: metric.shown)
def test_every_metric_is_looked_at(metric: Any):
    assert any(metric.samples & set(NAME.findall(query)) for query in queries())


@pytest.mark.parametrize("name", NAMES)
def test_it_is_as_its_description_says(name: str):
    """After a change: python -m tests.house.dashboards"""
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == written(name, boards()[name])


def test_there_is_no_other():
    assert {path.stem for path in FOLDER.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_panels_stand_beside_each_other(name: str):
    taken: dict[tuple[int, int], int] = {}
    for panel in dashboard(name)["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["id"]) == panel["id"]
    width = max(y for _, y in taken) + 1
    assert len(taken) == COLUMNS * width, "there is a hole"


@pytest.mark.parametrize("name", NAMES)
def test_each_panel_says_what_it_shows(name: str):
    panels = dashboard(name)["panels"]
    assert len({panel["title"] for panel in panels}) == len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert [target["refId"] for target in panel["targets"]] == list("ABC"[: len(panel["targets"])])
        assert all('instance=~"$instance"' in target["expr"] for target in panel["targets"])


def test_each_alert_says_what_it_means_and_how_urgent_it_is():
    for rule in ALERTS.values():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_each_alert_is_tested_in_both_directions():
    asked = [
        (each["alertname"], bool(each.get("exp_alerts"))) for test in TESTS["tests"] for each in test["alert_rule_test"]
    ]
    assert {(name, rings) for name in ALERTS for rings in (True, False)} == set(asked)


def test_each_alert_is_listed_with_its_urgency():
    rows = table("docs/howto/observe.md", "alert").rows
    assert [(code(name), severity) for name, _, severity in rows] == [
        (name, rule["labels"]["severity"]) for name, rule in ALERTS.items()
    ]
