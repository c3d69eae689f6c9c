"""Places of the network: their ranges reach the environments that name them, and nobody else; what goes away lets nobody in."""

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sites import OTHER, SERVED, opening, segment, site

from citycloud.controllers.site_uses import SiteUses
from citycloud.engine.observed import ChildKey
from citycloud.engine.queue import Key, WorkQueue

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office
    from tests.unit.controllers.town import Founded, OpenTown

    from citycloud.controllers.texts import Texts

POLICY = ChildKey("NetworkPolicy", "so-y-te--ho-so-test--app", "allow-sites")
HOME = "org-so-y-te"


def put_site(office: "Office", name: str = SERVED, **changes: Any) -> None:
    body = site(name, **changes)
    office.put({**body, "metadata": {"uid": f"uid-{name}", "generation": 1, **body["metadata"]}})


def blocks(office: "Office", key: ChildKey = POLICY) -> list[list[str]]:
    policy = office.server.objects.get(key)
    return [[peer["ipBlock"]["cidr"] for peer in rule["from"]] for rule in policy["spec"]["ingress"]] if policy else []


def said(office: "Office", kind: str, name: str, type_: str) -> dict[str, Any]:
    body = next(body for key, body in office.server.objects.items() if (key.kind, key.name) == (kind, name))
    return next((each for each in body["status"]["conditions"] if each["type"] == type_), {})


def phase(office: "Office", name: str = "ho-so-test") -> str:
    body = next(body for key, body in office.server.objects.items() if (key.kind, key.name) == ("Environment", name))
    return str(body["status"]["phase"])


async def test_a_place_that_is_named_comes_in_over_both_families(office: "Office") -> None:
    put_site(office)
    office.ask(allowFrom=[opening(ports=(8443, 443))])
    await office.settle_within(seconds=2)

    office_range = segment("office", number=17)
    assert blocks(office) == [[office_range["ipv4"], office_range["ipv6"]]]
    assert office.server.objects[POLICY]["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": port} for port in (8443, 443)]
    assert office.server.objects[POLICY]["spec"]["egress"] == []
    assert (phase(office), said(office, "Environment", "ho-so-test", "SitesFound")["status"]) == ("Ready", "True")


async def test_without_places_there_is_no_such_policy_and_no_such_condition(office: "Office") -> None:
    office.ask()
    await office.settle()

    assert POLICY not in office.server.objects
    assert said(office, "Environment", "ho-so-test", "SitesFound") == {}


@pytest.mark.parametrize(
    ("wish", "reason", "words"),
    [
        (opening("phuong-hoan-kien"), "SiteUnknown", SERVED),
        (opening("xx"), "SiteUnknown", "xx"),
        (opening(segment="guest"), "SegmentUnknown", "office, public-service"),
    ],
)
async def test_a_place_that_is_not_there_is_refused_with_what_there_is(
    office: "Office", wish: dict[str, Any], reason: str, words: str
) -> None:
    put_site(office)
    office.ask(allowFrom=[wish])
    await office.settle()

    condition = said(office, "Environment", "ho-so-test", "Ready")
    assert (phase(office), condition["reason"]) == ("Refused", reason)
    assert all(words in part for part in condition["message"].split(" / "))
    assert not [key for key in office.server.objects if key.kind == "Namespace" and key.name.startswith("so-y-te--")]


async def test_a_place_that_comes_later_lets_the_request_through(office: "Office") -> None:
    office.ask(allowFrom=[opening()])
    await office.settle()
    assert phase(office) == "Refused"

    put_site(office)
    await office.settle_within(seconds=2)
    assert phase(office) == "Ready"
    assert blocks(office)


async def test_other_ranges_reach_exactly_those_who_name_the_place(office: "Office") -> None:
    put_site(office)
    put_site(office, OTHER, number=18)
    office.ask("mot", allowFrom=[opening()])
    office.ask("hai", allowFrom=[opening(OTHER)])
    office.ask("ba")
    await office.settle_within(seconds=2)
    await office.settle()
    before = copy.deepcopy(office.server.objects)

    put_site(office, number=40)
    written = await office.settle()

    assert {key for _, key in written if key.kind == "NetworkPolicy"} == {ChildKey("NetworkPolicy", "so-y-te--mot--app", "allow-sites")}
    assert {key.kind for _, key in written} <= {"NetworkPolicy", "Site"}
    assert office.server.objects[POLICY._replace(namespace="so-y-te--hai--app")] == before[POLICY._replace(namespace="so-y-te--hai--app")]


async def test_facts_that_change_another_segment_write_nothing_to_those_who_do_not_name_it(office: "Office") -> None:
    put_site(office)
    office.ask(allowFrom=[opening()])
    await office.settle_within(seconds=2)
    await office.settle()

    put_site(office, serial=2, segments=[segment("office", number=17), segment("public-service", number=99)])
    assert {key.kind for _, key in await office.settle()} <= {"Site"}


@pytest.mark.parametrize("gone", ["site", "segment", "range"])
async def test_what_goes_away_lets_nobody_in_and_the_environment_says_so(office: "Office", texts: "Texts", gone: str) -> None:
    put_site(office)
    put_site(office, OTHER, number=18)
    office.ask(allowFrom=[opening(), opening(OTHER)])
    await office.settle_within(seconds=2)
    assert len(blocks(office)) == 2

    if gone == "site":
        office.remove("Site", SERVED)
    elif gone == "segment":
        put_site(office, segments=[segment("public-service", number=17)])
    else:
        put_site(office, segments=[{"name": "office", "ipv4": "169.254.0.0/16", "ipv6": "fe80::/10"}])
    await office.settle()

    assert blocks(office) == [[segment("office", number=18)[family] for family in ("ipv4", "ipv6")]]
    condition = said(office, "Environment", "ho-so-test", "SitesFound")
    assert (phase(office), condition["status"]) == ("Degraded", "False")
    assert condition["reason"] == {"site": "SiteUnknown", "segment": "SegmentUnknown", "range": "SiteUnusable"}[gone]

    put_site(office)
    await office.settle()
    assert phase(office) == "Ready"
    assert len(blocks(office)) == 2


async def test_what_is_enforced_stays_open_and_closes_beside_a_request_that_was_refused(office: "Office") -> None:
    put_site(office)
    office.ask(allowFrom=[opening()])
    await office.settle_within(seconds=2)
    office.change("Environment", "ho-so-test", size="xxl")
    await office.settle()
    assert blocks(office)

    office.remove("Site", SERVED)
    await office.settle()
    assert blocks(office) == []
    assert said(office, "Environment", "ho-so-test", "SitesFound")["status"] == "False"


async def test_a_place_says_who_relies_on_it_and_when_nobody_does_any_more(office: "Office") -> None:
    put_site(office)
    for name in ("mot", "hai"):
        office.ask(name, allowFrom=[opening()])
    await office.settle_within(seconds=2)
    await office.settle()
    status = office.server.objects[ChildKey("Site", "", SERVED)]["status"]
    assert (status["environments"], [user["environment"] for user in status["inUseBy"]]) == (2, ["hai", "mot"])
    assert said(office, "Site", SERVED, "Ready")["status"] == "True"

    office.change("Environment", "mot", allowFrom=[])
    await office.settle_within(seconds=2)
    await office.settle()
    assert [user["environment"] for user in office.server.objects[ChildKey("Site", "", SERVED)]["status"]["inUseBy"]] == ["hai"]


async def test_a_burst_of_environments_is_one_status_of_their_place(office: "Office") -> None:
    put_site(office)
    await office.settle()
    for number in range(8):
        office.ask(f"so-{number}", allowFrom=[opening()])
    await office.settle_within(seconds=2)

    assert [key for _, key in office.server.log if key.kind == "Site"] == [ChildKey("Site", "", SERVED)]


@given(changes=st.lists(st.tuples(st.integers(0, 5), st.sets(st.sampled_from("abcd"))), max_size=30))
@settings(max_examples=100, deadline=None)
def test_who_names_what_is_known_after_any_changes(changes: list[tuple[int, set[str]]]) -> None:
    class Still:
        def monotonic(self) -> float:
            return 0.0

        def now(self) -> Any:
            raise NotImplementedError

    class Silent(WorkQueue):
        def put_later(self, key: Key, **_: Any) -> None:
            woken.add(key.name)

    woken: set[str] = set()
    uses = SiteUses(queue=Silent(clock=Still()))
    truth: dict[Key, frozenset[str]] = {}
    for number, sites in changes:
        key = Key("Environment", HOME, f"e-{number}")
        woken.clear()
        uses.note(key=key, sites=frozenset(sites))
        assert woken == truth.get(key, frozenset()) ^ sites
        truth[key] = frozenset(sites)
    for name in "abcd":
        assert set(uses.of(name)) == {key for key, sites in truth.items() if name in sites}


async def test_an_operator_that_starts_again_writes_nothing_and_knows_who_relies_on_whom(founded: "Founded", open_town: "OpenTown") -> None:
    town = await founded()
    town.put(site(SERVED))
    town.ask("so-a", "mot", system="he-thong-a", allowFrom=[opening()])
    town.ask("so-b", "hai", system="he-thong-b", allowFrom=[opening()])
    await town.work()
    assert len(town.stored("Site")[f"/{SERVED}"]["status"]["inUseBy"]) == 2

    again = open_town(town.server)
    again.start()
    again.server.log.clear()
    await again.work()
    assert again.server.log == []
    again.put(site(SERVED, number=40))
    await again.work()
    assert {key.namespace for _, key in again.server.log if key.kind == "NetworkPolicy"} == {"so-a--mot--app", "so-b--hai--app"}


async def test_an_environment_that_moves_with_its_organisation_keeps_its_places(founded: "Founded") -> None:
    town = await founded()
    town.put(site(SERVED))
    town.ask("so-a", "mot", system="he-thong-a", allowFrom=[opening()])
    await town.work()
    town.server.log.clear()
    town.reorganise()
    await town.work()
    town.decide()
    await town.work()

    assert town.stored("Site")[f"/{SERVED}"]["status"]["inUseBy"] == [{"organisation": "so-c", "environment": "mot"}]
    assert [rule["from"] for rule in town.stored("NetworkPolicy")["so-a--mot--app/allow-sites"]["spec"]["ingress"]]
    assert not [key for how, key in town.server.log if how == "delete" and key.kind == "NetworkPolicy"]
