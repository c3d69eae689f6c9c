"""What facts change in a cluster: no more than what they say anew."""

import json
from typing import Any

from tests.support.sites import OTHER, SERVED, document, place

from citycloud.api import Site, WanLink
from citycloud.facts.changes import changes_between, link_manifest, link_specs, lost_segments, site_manifest, site_specs
from citycloud.facts.reading import read_facts
from citycloud.facts.schema import json_schema


def facts(**changes: Any) -> Any:
    return read_facts(json.dumps(document(**changes)).encode())


def stored(**changes: Any) -> dict[str, Any]:
    """Return the specs of Sites as a cluster keeps them, its own way of ordering a list by key included."""
    specs = {name: {"serial": 7, **spec} for name, spec in site_specs(facts(**changes)).items()}
    return {name: {**spec, "segments": list(reversed(spec["segments"]))} for name, spec in specs.items()}


def test_what_is_there_already_is_no_change_whatever_its_serial() -> None:
    assert not changes_between(there=stored(), wanted=site_specs(facts(serial=99)))


def test_what_comes_goes_and_differs_is_told_apart() -> None:
    moved = place(SERVED, number=40)
    found = changes_between(there=stored(), wanted=site_specs(facts(sites=[moved, place("moi", number=41)], links=[])))

    assert [[each.name for each in part] for part in (found.added, found.changed, found.removed)] == [["moi"], [SERVED], [OTHER]]
    assert found.unchanged == 0


def test_a_site_that_goes_loses_all_its_segments_and_one_that_shrinks_those_it_loses() -> None:
    smaller = place(SERVED, number=17, segments=("office",))
    found = changes_between(there=stored(), wanted=site_specs(facts(sites=[smaller], links=[])))

    assert lost_segments(found) == {SERVED: {"public-service"}, OTHER: {"office", "public-service"}}


def test_other_addresses_are_no_loss() -> None:
    found = changes_between(there=stored(), wanted=site_specs(facts(sites=[place(SERVED, number=40), place(OTHER, number=18)])))

    assert lost_segments(found) == {}


def test_what_is_written_is_what_the_kinds_read() -> None:
    wanted = facts()
    for change in changes_between(there={}, wanted=site_specs(wanted)).added:
        site = Site.model_validate(site_manifest(change, serial=41))
        assert (site.spec.serial, site.spec.hubs, len(site.spec.segments)) == (41, ("dc", "dr"), 2)
    for change in changes_between(there={}, wanted=link_specs(wanted)).added:
        link = WanLink.model_validate(link_manifest(change))
        assert (link.spec.hub, link.spec.contract_mbps, link.spec.slo.latency_ms) == ("dc", 100, 20)


def test_the_schema_for_infra_refuses_what_is_not_known_and_describes_every_field() -> None:
    schema = json_schema()
    objects = [schema, *schema["$defs"].values()]

    assert schema["properties"]["schema"]["const"] == document()["schema"]
    for each in objects:
        assert each["additionalProperties"] is False
        assert all("description" in field for field in each["properties"].values())
