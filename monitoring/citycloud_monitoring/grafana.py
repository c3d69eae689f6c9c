"""From a view to a dashboard of Grafana, in one language, built with Grafana's own model.

Few of Grafana's ways to bend data are used, because none of them is seen by the tests: thresholds, and in tables names of columns.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders import bargauge, common, dashboard, gauge, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from citycloud_monitoring import links
from citycloud_monitoring.catalogue import Alert
from citycloud_monitoring.columns import columns
from citycloud_monitoring.panels import (
    EVERYTHING,
    LANGUAGES,
    Bound,
    Language,
    Panel,
    Place,
    Query,
    Unit,
    Variable,
    View,
    address,
    bound_of,
    placed,
    said,
)

Built = stat.Panel | timeseries.Panel | table.Panel | bargauge.Panel | gauge.Panel
DATASOURCE: Final = "datasource"
"""The variable by which a city chooses its Prometheus."""
SOURCE: Final = looks.DataSourceRef(type_val="prometheus", uid=f"${{{DATASOURCE}}}")
GOOD: Final = "green"
BAD: Final = "red"
ALL: Final = model.VariableOption(selected=True, text=["All"], value=["$__all"])
UNITS: Final[Mapping[Unit, tuple[str, int | None]]] = {
    "count": ("none", None),
    "ratio": ("percentunit", 1),
    "seconds": ("s", None),
    "days": ("none", 1),
    "bytes": ("bytes", None),
    "cores": ("none", None),
    "money": ("locale", 0),
    "per-second": ("ops", None),
}
"""The name of each unit in Grafana, and how many decimals are shown where that should not follow from the value."""
NAMES_OF_LANGUAGES: Final[Mapping[Language, str]] = {"vi": "Tiếng Việt", "en": "English"}
LONGEST_ID: Final = 0x7FFFFFFF
TIME_COLUMN: Final = "Time"
VALUE_COLUMN: Final = "Value"


def written(view: View, *, views: tuple[View, ...], language: Language, alerts: Mapping[str, Alert]) -> str:
    """Write the dashboard as a file: sorted, so that a change shows as what it is."""
    built = dashboard_of(view, views=views, language=language, alerts=alerts)
    return json.dumps(built, cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def dashboard_of(view: View, *, views: tuple[View, ...], language: Language, alerts: Mapping[str, Alert]) -> model.Dashboard:
    """Build the dashboard in Grafana's model."""
    built = (
        dashboard.Dashboard(said(view.title, language))
        .uid(address(view.name, language))
        .description(said(view.description, language))
        .tags(["citycloud", language])
        .readonly()
        .time(f"now-{view.span}", "now")
        .timezone("browser")
        .refresh("1m")
        .with_variable(dashboard.DatasourceVariable(DATASOURCE).label("Prometheus").type("prometheus"))
    )
    for variable in view.variables:
        built = built.with_variable(_variable(variable, language=language))
    for link in _ways(view, views=views, language=language):
        built = built.link(link)
    for panel, place in zip(view.panels, placed(view), strict=True):
        built = built.with_panel(_panel(panel, place=place, language=language, alerts=alerts))
    return built.build()


def _variable(variable: Variable, *, language: Language) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(variable.name)
        .label(said(variable.title, language))
        .datasource(SOURCE)
        .query(f"label_values({variable.metric}, {variable.name})")
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(EVERYTHING)
        .current(ALL)
    )


def _ways(view: View, *, views: tuple[View, ...], language: Language) -> list[dashboard.DashboardLink]:
    """Lead to the other views, and to this one in the other language."""
    ways = [(said(other.title, language), address(other.name, language)) for other in views if other is not view]
    ways += [(NAMES_OF_LANGUAGES[other], address(view.name, other)) for other in LANGUAGES if other != language]
    return [_way(title=title, url=f"{links.DASHBOARDS}/{end}") for title, end in ways]


def _way(*, title: str, url: str) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(title).type(model.DashboardLinkType.LINK).url(url).keep_time(keep_time=True)


def _panel(panel: Panel, *, place: Place, language: Language, alerts: Mapping[str, Alert]) -> Built:
    unit, decimals = UNITS[panel.unit]
    bound = bound_of(panel, alerts=alerts)
    built: Built = _of_its_kind(panel, bound=bound, language=language)
    built = (
        built.id(zlib.crc32(panel.id.encode()) & LONGEST_ID)
        .title(said(panel.title, language))
        .description(said(panel.description, language))
        .datasource(SOURCE)
        .grid_pos(model.GridPos(x=place.x, y=place.y, w=place.width, h=place.height))
        .unit(unit)
        .thresholds(_thresholds(bound))
    )
    if decimals is not None:
        built = built.decimals(decimals)
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        built = built.with_target(_query(query, letter=letter, panel=panel, language=language))
    found = links.links(panel, language=language, alerts=alerts)
    return built.links([_way(title=said(each.title, language), url=each.address) for each in found]) if found else built


def _of_its_kind(panel: Panel, *, bound: Bound | None, language: Language) -> Built:
    last = common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)
    match panel.kind:
        case "stat":
            return stat.Panel().reduce_options(last).graph_mode(looks.BigValueGraphMode.NONE).color_mode(looks.BigValueColorMode.VALUE)
        case "gauge":
            return gauge.Panel().reduce_options(last).min(0).max(1)
        case "bar":
            return bargauge.Panel().reduce_options(last).orientation(looks.VizOrientation.HORIZONTAL).min(0)
        case "table":
            return table.Panel().with_transformation(_headings(panel, language=language))
        case "timeseries":
            mode = looks.GraphThresholdsStyleMode.DASHED if bound else looks.GraphThresholdsStyleMode.OFF
            return timeseries.Panel().thresholds_style(common.GraphThresholdsStyleConfig().mode(mode))


def _headings(panel: Panel, *, language: Language) -> model.DataTransformerConfig:
    """Give the columns names in words, in the order of the catalogue, and leave the time out."""
    names = {label or VALUE_COLUMN: said(heading, language) for label, heading in columns(panel)}
    order = {name: position for position, name in enumerate(names)}
    return model.DataTransformerConfig(
        id_val="organize", options={"excludeByName": {TIME_COLUMN: True, "__name__": True}, "indexByName": order, "renameByName": names}
    )


def _query(query: Query, *, letter: str, panel: Panel, language: Language) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().expr(query.expression).ref_id(letter).datasource(SOURCE)
    if query.legend:
        asked = asked.legend_format(query.named(language))
    if panel.kind == "table":
        return asked.format(PromQueryFormat.TABLE).instant()
    return asked.range() if panel.kind == "timeseries" else asked.instant()


def _thresholds(bound: Bound | None) -> dashboard.ThresholdsConfig:
    below, above = (BAD, GOOD) if bound and bound.worse == "below" else (GOOD, BAD)
    steps = [model.Threshold(value=None, color=below)]
    if bound:
        steps.append(model.Threshold(value=bound.value, color=above))
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)
