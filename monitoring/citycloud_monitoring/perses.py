"""From a view to a dashboard of Perses 0.52, in one language.

Perses asks over the whole chosen time where Grafana asks once, and shows the last value: a bar whose label is gone stays until the time
has passed. So the spans of the views are short, and what lists trouble is a table, which Perses too asks once.
"""

from collections.abc import Mapping
from typing import Any, Final

from citycloud_monitoring.catalogue import Alert
from citycloud_monitoring.columns import columns
from citycloud_monitoring.links import Link, links
from citycloud_monitoring.panels import Bound, Language, Panel, Place, Query, Unit, Variable, View, address, bound_of, placed, said

PROJECT: Final = "citycloud"
HIDDEN: Final = ({"name": "timestamp", "hide": True}, {"name": "__name__", "hide": True})
"""Columns that say nothing to a reader; a series has a name where its question is no more than a name."""
DATASOURCE: Final = {"kind": "PrometheusDatasource", "name": "prometheus"}
GOOD: Final = "#1b7f3b"
BAD: Final = "#b3261e"
PLUGINS: Final = {"stat": "StatChart", "timeseries": "TimeSeriesChart", "table": "Table", "bar": "BarChart", "gauge": "GaugeChart"}
FORMATS: Final[Mapping[Unit, Mapping[str, Any]]] = {
    "count": {"unit": "decimal", "shortValues": False},
    "ratio": {"unit": "percent-decimal", "decimalPlaces": 1},
    "seconds": {"unit": "seconds"},
    "days": {"unit": "decimal", "decimalPlaces": 1, "shortValues": False},
    "bytes": {"unit": "bytes", "shortValues": True},
    "cores": {"unit": "decimal", "shortValues": False},
    "money": {"unit": "decimal", "decimalPlaces": 0, "shortValues": False},
    "per-second": {"unit": "ops/sec"},
}
ALL: Final = "$__all"


def dashboard(view: View, *, language: Language, alerts: Mapping[str, Alert]) -> dict[str, Any]:
    """Build the dashboard as Perses stores it."""
    return {
        "kind": "Dashboard",
        "metadata": {"name": address(view.name, language), "project": PROJECT},
        "spec": specification(view, language=language, alerts=alerts, linked=True),
    }


def specification(view: View, *, language: Language, alerts: Mapping[str, Alert], linked: bool) -> dict[str, Any]:
    """Build what the dashboard shows; links only where somebody puts addresses into them."""
    return {
        "display": {"name": said(view.title, language), "description": said(view.description, language)},
        "duration": view.span,
        "refreshInterval": "1m",
        "variables": [_variable(each, language=language) for each in view.variables],
        "panels": {panel.id: _panel(panel, language=language, alerts=alerts, linked=linked) for panel in view.panels},
        "layouts": [{"kind": "Grid", "spec": {"items": [_item(*each) for each in zip(view.panels, placed(view), strict=True)]}}],
    }


def _item(panel: Panel, place: Place) -> dict[str, Any]:
    return {"x": place.x, "y": place.y, "width": place.width, "height": place.height, "content": {"$ref": f"#/spec/panels/{panel.id}"}}


def _variable(variable: Variable, *, language: Language) -> dict[str, Any]:
    asked = {"datasource": DATASOURCE, "labelName": variable.name, "matchers": [variable.metric]}
    return {
        "kind": "ListVariable",
        "spec": {
            "name": variable.name,
            "display": {"name": said(variable.title, language)},
            "allowMultiple": True,
            "allowAllValue": True,
            "customAllValue": ".*",
            "defaultValue": [ALL],
            "sort": "alphabetical-asc",
            "plugin": {"kind": "PrometheusLabelValuesVariable", "spec": asked},
        },
    }


def _panel(panel: Panel, *, language: Language, alerts: Mapping[str, Alert], linked: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "display": {"name": said(panel.title, language), "description": said(panel.description, language)},
        "plugin": {"kind": PLUGINS[panel.kind], "spec": _plugin(panel, language=language, bound=bound_of(panel, alerts=alerts))},
        "queries": [_query(query, language=language) for query in panel.queries],
    }
    found = [_link(each, language=language) for each in links(panel, language=language, alerts=alerts)] if linked else []
    return {"kind": "Panel", "spec": spec | ({"links": found} if found else {})}


def _link(link: Link, *, language: Language) -> dict[str, Any]:
    return {"name": said(link.title, language), "url": link.address, "targetBlank": False}


def _query(query: Query, *, language: Language) -> dict[str, Any]:
    spec: dict[str, Any] = {"datasource": DATASOURCE, "query": query.expression}
    named = {"seriesNameFormat": query.named(language)} if query.legend else {}
    return {"kind": "TimeSeriesQuery", "spec": {"plugin": {"kind": "PrometheusTimeSeriesQuery", "spec": spec | named}}}


def _plugin(panel: Panel, *, language: Language, bound: Bound | None) -> dict[str, Any]:
    form = dict(FORMATS[panel.unit])
    thresholds = {"thresholds": _thresholds(bound, language=language)} if bound else {}
    match panel.kind:
        case "stat":
            return {"calculation": "last-number", "format": form, **(thresholds or {"thresholds": {"defaultColor": GOOD, "steps": []}})}
        case "gauge":
            return {"calculation": "last-number", "format": form, "max": 1, **thresholds}
        case "bar":
            return {"calculation": "last-number", "format": form, "sort": "desc", "mode": "value"}
        case "table":
            return {"density": "compact", "columnSettings": [*_columns(panel, language=language), *HIDDEN]}
        case "timeseries":
            legend = {"legend": {"position": "bottom", "mode": "list"}} if any(query.legend for query in panel.queries) else {}
            return {**legend, "yAxis": {"show": True, "format": form}, "visual": {"connectNulls": False}, **thresholds}


def _columns(panel: Panel, *, language: Language) -> list[dict[str, Any]]:
    value = {"name": "value", "format": dict(FORMATS[panel.unit]), "align": "right"}
    return [
        {"header": said(heading, language), "enableSorting": True, **({"name": label} if label else value)}
        for label, heading in columns(panel)
    ]


def _thresholds(bound: Bound, *, language: Language) -> dict[str, Any]:
    below, above = (GOOD, BAD) if bound.worse == "above" else (BAD, GOOD)
    name = "ngưỡng" if language == "vi" else "bound"
    return {"mode": "absolute", "defaultColor": below, "steps": [{"value": bound.value, "color": above, "name": name}]}
