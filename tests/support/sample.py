"""A dashboard with one panel of each kind: what the browser's tests break to see that it is noticed."""

from typing import Any, Final

SOURCE: Final = {"kind": "PrometheusDatasource", "name": "prometheus"}
PANELS: Final[dict[str, dict[str, Any]]] = {
    "StatChart": {"calculation": "last-number"},
    "TimeSeriesChart": {},
    "GaugeChart": {"calculation": "last-number"},
    "BarChart": {"calculation": "last-number"},
    "Table": {},
}
COLUMNS: Final = 24


def dashboard(query: str) -> dict[str, Any]:
    """Build it; each panel asks the same and is called by its kind."""
    width = COLUMNS // len(PANELS)
    items = [
        {"x": number * width, "y": 0, "width": width, "height": 8, "content": {"$ref": f"#/spec/panels/{kind}"}}
        for number, kind in enumerate(PANELS)
    ]
    return {
        "kind": "Dashboard",
        "metadata": {"name": "citycloud-sample", "project": "citycloud"},
        "spec": {
            "display": {"name": "Bảng mẫu"},
            "duration": "15m",
            "panels": {kind: _panel(kind, query=query) for kind in PANELS},
            "layouts": [{"kind": "Grid", "spec": {"items": items}}],
        },
    }


def _panel(kind: str, *, query: str) -> dict[str, Any]:
    asked = {"plugin": {"kind": "PrometheusTimeSeriesQuery", "spec": {"query": query, "datasource": SOURCE}}}
    spec = {
        "display": {"name": kind},
        "plugin": {"kind": kind, "spec": PANELS[kind]},
        "queries": [{"kind": "TimeSeriesQuery", "spec": asked}],
    }
    return {"kind": "Panel", "spec": spec}
