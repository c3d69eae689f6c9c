"""What is written for Grafana and for Perses: both ask the same, nothing of it is lost, and the chart holds exactly that."""

import itertools
import json

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from citycloud_monitoring.catalogue import ROOT, load
from citycloud_monitoring.outputs import dashboards, home_dashboards
from citycloud_monitoring.pages import VIEWS
from citycloud_monitoring.panels import LANGUAGES

CATALOGUE = load()
WRITTEN = dashboards(CATALOGUE)
GRAFANA = [name for name in WRITTEN if name.startswith("grafana/")]
PERSES = [name for name in WRITTEN if name.startswith("perses/")]


def test_each_name_is_there_once() -> None:
    assert len({view.name for view in VIEWS}) == len(VIEWS)
    for view in VIEWS:
        assert len({panel.id for panel in view.panels}) == len(view.panels)
    uids = [json.loads(WRITTEN[name])["uid"] for name in GRAFANA]
    assert len(set(uids)) == len(uids) == len(VIEWS) * len(LANGUAGES)
    for name in GRAFANA:
        numbers = [panel["id"] for panel in json.loads(WRITTEN[name])["panels"]]
        assert len(set(numbers)) == len(numbers)


def test_both_programs_ask_the_same() -> None:
    for view, language in itertools.product(VIEWS, LANGUAGES):
        name = f"{view.name}-{language}.json"
        grafana, perses = json.loads(WRITTEN[f"grafana/{name}"]), json.loads(WRITTEN[f"perses/{name}"])
        asked = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in grafana["panels"]}
        assert asked == {
            panel["spec"]["display"]["name"]: [query["spec"]["plugin"]["spec"]["query"] for query in panel["spec"]["queries"]]
            for panel in perses["spec"]["panels"].values()
        }
        assert len(asked) == len(view.panels), "two panels of one title cannot be told apart"


@pytest.mark.parametrize("name", GRAFANA)
def test_grafana_takes_a_dashboard_without_losing_anything(name: str) -> None:
    """Its own model reads what was written, and writes the same again."""
    register_default_plugins()
    read = Dashboard.from_json(json.loads(WRITTEN[name]))

    assert json.loads(json.dumps(read, cls=JSONEncoder)) == json.loads(WRITTEN[name])


@pytest.mark.parametrize("name", GRAFANA)
def test_grafana_asks_the_prometheus_that_the_reader_chose(name: str) -> None:
    shape = json.loads(WRITTEN[name])

    assert (
        shape["templating"]["list"][0] | {"name": "datasource", "type": "datasource", "query": "prometheus"}
        == shape["templating"]["list"][0]
    )
    for panel in shape["panels"]:
        assert {part["datasource"]["uid"] for part in (panel, *panel["targets"])} == {"${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]


@pytest.mark.parametrize("name", PERSES)
def test_perses_places_each_panel_once(name: str) -> None:
    spec = json.loads(WRITTEN[name])["spec"]
    placed_panels = [
        item["content"]["$ref"].removeprefix("#/spec/panels/") for layout in spec["layouts"] for item in layout["spec"]["items"]
    ]

    assert sorted(placed_panels) == sorted(spec["panels"])


def test_what_stands_in_a_home_leads_nowhere() -> None:
    """The operator puts it there, and knows no addresses to put into it."""
    assert all("@" not in text for text in home_dashboards(CATALOGUE).values())


def test_the_files_of_the_chart_are_these() -> None:
    folder = ROOT.parent / "charts" / "citycloud" / "files" / "dashboards"

    assert {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.json")} == WRITTEN
