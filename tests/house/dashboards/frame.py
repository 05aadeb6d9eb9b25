"""From panels to what Grafana reads: their places on a grid of 24 columns, and what all of them have in common."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from tests.house.pages import ROOT

FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
DESCRIPTION = Path(__file__).with_name("boards.yaml")
COLUMNS = 24
NODE = 'instance=~"$instance"'
RATE = "$__rate_interval"
GRAFANA_SCHEMA = 39
"""Of dashboards, as Grafana 11 writes them; later releases bring older ones up to date."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
HEIGHTS = {"stat": 4, "timeseries": 8, "heatmap": 8, "table": 8}

Kind = Literal["stat", "timeseries", "heatmap", "table"]


class Panel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`queries` are PromQL by their legends."""

    title: str
    description: str
    unit: str
    queries: dict[str, str]
    kind: Kind = "timeseries"
    width: int = 12
    stacked: bool = False
    bad_from: float | None = None
    """From where on a value is shown in red."""


class Dashboard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    description: str
    rows: list[list[Panel]]


def boards() -> dict[str, Dashboard]:
    return msgspec.yaml.decode(DESCRIPTION.read_bytes(), type=dict[str, Dashboard])


def written(name: str, board: Dashboard) -> str:
    return msgspec.json.format(msgspec.json.encode(document(name, board)), indent=2).decode() + "\n"


def document(name: str, board: Dashboard) -> dict[str, Any]:
    return {
        "uid": f"gossamer-{name}",
        "title": f"Gossamer / {board.title}",
        "description": board.description,
        "tags": ["gossamer"],
        "schemaVersion": GRAFANA_SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "links": [
            {"type": "dashboards", "title": "Gossamer", "tags": ["gossamer"], "asDropdown": True, "keepTime": True}
        ],
        "templating": {"list": [_source_choice(), _node_choice()]},
        "annotations": {"list": [_restarts()]},
        "panels": list(_placed(board.rows)),
    }


def _placed(rows: list[list[Panel]]) -> Any:
    number, top = 0, 0
    for row in rows:
        left, height = 0, max(HEIGHTS[panel.kind] for panel in row)
        for panel in row:
            number += 1
            yield _panel(panel, number, {"x": left, "y": top, "w": panel.width, "h": height})
            left += panel.width
        top += height


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [_target(panel, at, query, legend) for at, (legend, query) in enumerate(panel.queries.items())],
    }


def _target(panel: Panel, at: int, query: str, legend: str) -> dict[str, Any]:
    is_instant = panel.kind == "table"
    return {
        "refId": chr(ord("A") + at),
        "datasource": SOURCE,
        "expr": query.replace("NODE", NODE).replace("RATE", RATE),
        "legendFormat": legend,
        "instant": is_instant,
        "range": not is_instant,
        "format": {"heatmap": "heatmap", "table": "table"}.get(panel.kind, "time_series"),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_from is not None:
        steps.append({"color": "red", "value": panel.bad_from})
    custom: dict[str, Any] = {"fillOpacity": 20 if panel.stacked else 5, "lineWidth": 1, "showPoints": "never"}
    if panel.stacked:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    return {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": steps},
        **({"custom": custom} if panel.kind == "timeseries" else {}),
    }


_OPTIONS: dict[Kind, dict[str, Any]] = {
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "graphMode": "area",
        "colorMode": "value",
    },
    "timeseries": {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["mean", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "heatmap": {"calculate": False, "yAxis": {"unit": "s"}, "color": {"mode": "scheme", "scheme": "Greens"}},
    "table": {"showHeader": True, "sortBy": [{"displayName": "Value", "desc": True}]},
}


def _source_choice() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}


def _node_choice() -> dict[str, Any]:
    return {
        "name": "instance",
        "type": "query",
        "label": "Node",
        "datasource": SOURCE,
        "query": {"query": "label_values(gossamer_journal_max_size_bytes, instance)", "refId": "instance"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _restarts() -> dict[str, Any]:
    return {
        "name": "Workers restarted",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "orange",
        "expr": 'changes(gossamer_worker_restarts_total{instance=~"$instance"}[1m]) > 0',
        "titleFormat": "worker {{worker}} of {{instance}} was restarted",
    }
