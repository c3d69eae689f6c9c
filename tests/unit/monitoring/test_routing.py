"""Whoever an alert is for is called, nobody else is, and none is called for nothing: for every city, not only for ours."""

import random
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.support.routing import ORGANISATIONS, settings

from citycloud.api.organisation import Contacts
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.routing import NOBODY, Organisations, Receiver, Route, Routing, reached, routing
from citycloud_monitoring.routing_settings import is_mail

quick = limits(max_examples=80, deadline=None)
NASTY = ["", "*", 'a"b', "a\\b", "a\nb", "a,b", ".*", "a|b", "{{ .x }}", "Sở Y tế", "x" * 10_000]
CITY = routing(settings=settings(), organisations=ORGANISATIONS, inhibitions=load().inhibitions)

names = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5})?", fullmatch=True)
mails = st.one_of(
    st.from_regex(r"[a-z]{1,4}@[a-z]{1,4}\.example", fullmatch=True),
    st.sampled_from(["shared@office.example", "other@office.example"]),
    st.sampled_from(["", "@", "không@thành-phố.example", "a,b@x.example", "{{ .CommonLabels.x }}@x.example", "a b@x.example", "a@x\n- b"]),
    st.text(max_size=20),
)
contacts = st.one_of(
    st.none(),
    st.builds(Contacts, owner=mails, technical=st.one_of(st.none(), mails), security=st.one_of(st.none(), mails)),
)
cities = st.dictionaries(names, contacts, max_size=12)
audiences = st.lists(st.sampled_from(["platform", "organisation", "security", "approvers", "network", "others"]), max_size=4).map(",".join)
severities = st.sampled_from(["critical", "warning", "info", "none", "", "page"])


def build(organisations: Organisations) -> Routing:
    return routing(settings=settings(), organisations=organisations, inhibitions=())


def addresses(tree: Routing) -> Mapping[str, tuple[str, ...]]:
    return {each.name: each.addresses for each in tree.receivers}


def nodes(route: Route) -> Iterator[Route]:
    yield route
    for child in route.routes:
        yield from nodes(child)


@quick
@given(city=cities, audience=audiences, severity=severities, data=st.data())
def test_every_alert_reaches_somebody(city: Organisations, audience: str, severity: str, data: st.DataObject) -> None:
    organisation = data.draw(st.sampled_from([*city, *NASTY]))
    tree = build(city)
    called = reached(tree, {"alertname": "Any", "severity": severity, "audience": audience, "organisation": organisation})

    assert {address for name in called for address in addresses(tree)[name]}
    assert len(called) == len(set(called)), "nobody is called twice"


@quick
@given(city=cities, audience=audiences, severity=severities, data=st.data())
def test_no_organisation_is_called_about_another(city: Organisations, audience: str, severity: str, data: st.DataObject) -> None:
    about = data.draw(st.sampled_from([*city, *NASTY]))
    tree = build(city)
    called = reached(tree, {"alertname": "Any", "severity": severity, "audience": audience, "organisation": about})

    assert {name for name in called if ":" in name} <= {f"organisation:{about}", f"security-contact:{about}"}
    own = city.get(about)
    theirs = {own.owner, own.technical, own.security} if own else set()
    others = {address for name in called if ":" in name for address in addresses(tree)[name]}
    assert others <= theirs


@quick
@given(city=cities, audience=audiences, severity=severities, data=st.data())
def test_one_address_is_called_once(city: Organisations, audience: str, severity: str, data: st.DataObject) -> None:
    about = data.draw(st.sampled_from([*city, "unknown"]))
    tree = build(city)
    called = reached(tree, {"alertname": "Any", "severity": severity, "audience": audience, "organisation": about})
    mailed = [address for name in called for address in addresses(tree)[name] if is_mail(address)]

    assert len(mailed) == len(set(mailed))


@quick
@given(city=cities, seed=st.randoms(use_true_random=False))
def test_the_order_of_organisations_makes_no_difference(city: Organisations, seed: random.Random) -> None:
    shuffled = list(city.items())
    seed.shuffle(shuffled)

    assert build(dict(shuffled)) == build(city)


@quick
@given(city=cities)
def test_each_route_leads_to_a_receiver_and_each_receiver_has_a_route(city: Organisations) -> None:
    tree = build(city)
    called = [each.name for each in tree.receivers]

    assert len(called) == len(set(called))
    assert {route.receiver for route in nodes(tree.root)} == set(called)
    assert all(is_mail(address) for each in tree.receivers if ":" in each.name for address in each.addresses)


@pytest.mark.parametrize(
    ("audience", "organisation", "called"),
    [
        ("platform", "so-y-te", ["platform"]),
        ("organisation", "so-y-te", ["organisation:so-y-te"]),
        ("platform,organisation", "so-y-te", ["platform", "organisation:so-y-te"]),
        ("organisation,security", "so-y-te", ["security", "security-contact:so-y-te", "organisation:so-y-te"]),
        ("organisation,security", "so-tu-phap", ["security", "organisation:so-tu-phap"]),
        ("organisation,security", "phuong-ba-dinh", ["security", "organisation:phuong-ba-dinh"]),
        ("security", "phuong-ba-dinh", ["security", "security-contact:phuong-ba-dinh"]),
        ("organisation", "xa-khong-thu", ["platform"]),
        ("platform,organisation", "xa-khong-thu", ["platform", NOBODY]),
        ("organisation", "xa-khong-doc", ["platform"]),
        ("organisation", "khong-ai-biet", ["platform"]),
        ("organisation", "", ["platform"]),
        ("approvers,network", "so-y-te", ["approvers", "network"]),
        ("", "so-y-te", ["platform"]),
        ("organisations", "so-y-te", ["platform"]),
    ],
)
@pytest.mark.parametrize("severity", ["warning", "info", "page"])
def test_who_is_called(audience: str, organisation: str, called: list[str], severity: str) -> None:
    labels = {"alertname": "Any", "severity": severity, "audience": audience, "organisation": organisation}

    assert reached(CITY, labels) == called


def test_who_is_on_call_is_called_as_well_when_it_is_critical() -> None:
    called = reached(CITY, {"alertname": "Any", "severity": "critical", "audience": "platform,security,network"})

    assert called == ["platform-on-call", "network", "security-on-call"]
    assert addresses(CITY)["platform-on-call"] == ("platform@city.example", "http://127.0.0.1:9/on-call")


def test_the_contact_is_the_technical_one_or_else_the_owner() -> None:
    assert addresses(CITY)["organisation:so-y-te"] == ("cntt@y-te.example",)
    assert addresses(CITY)["organisation:so-tu-phap"] == ("lanh-dao@tu-phap.example",)
    fallen_back = build({"so-y-te": Contacts(owner="lanh-dao@y-te.example", technical="cntt, y tế")})
    assert addresses(fallen_back)["organisation:so-y-te"] == ("lanh-dao@y-te.example",)


def test_the_sign_of_life_goes_to_whoever_waits_for_it_and_never_says_that_it_ended() -> None:
    """Alertmanager would say `over` when Prometheus stops: whoever counts calls would take that for life."""
    (heartbeat,) = [each for each in CITY.receivers if each.name == "heartbeat"]

    assert reached(CITY, {"alertname": "Watchdog", "severity": "none", "audience": "platform"}) == ["heartbeat"]
    assert heartbeat == Receiver(name="heartbeat", addresses=("http://127.0.0.1:9/heartbeat",), hears_the_end=False)
    silent = routing(settings=settings(heartbeat=None), organisations={}, inhibitions=())
    assert reached(silent, {"alertname": "Watchdog", "severity": "none", "audience": "platform"}) == [NOBODY]


def test_a_severity_has_its_own_pace() -> None:
    paces = {route.matchers[0].value: (route.pace, route.group_by) for route in CITY.root.routes if route.matchers[0].label == "severity"}

    assert set(paces) == {"critical", "info", "critical|info"}
    assert paces["info"][1] == ("severity",)
    assert paces["critical"] == (settings().paces.critical, ("alertname",))
