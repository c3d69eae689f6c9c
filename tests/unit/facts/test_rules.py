"""What a facts document has to fit: each fault names its field and is said in both languages, and nothing of the document counts then."""

import ipaddress
import json
import random
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sites import OTHER, SERVED, document, link, place, segment

from citycloud.cli.options import TEXTS
from citycloud.facts.reading import MOST_FAULTS, FactsRefused, digest_of, read_facts

Change = Callable[[dict[str, Any]], Any]
SITE: Final = "sites[0].segments[0]"


def read(data: Any) -> Any:
    return read_facts(json.dumps(data).encode())


def faults(data: Any) -> list[tuple[str, str]]:
    """Return the faults of a document: field and key."""
    with pytest.raises(FactsRefused) as refused:
        read(data)
    return [(fault.where, fault.key) for fault in refused.value.faults]


def at(path: str, value: Any) -> Change:
    """Replace one field, named as faults name it."""
    parts: list[Any] = [int(each) if each.isdigit() else each for each in re.findall(r"\w+", path)]

    def change(data: dict[str, Any]) -> None:
        inner: Any = data
        for part in parts[:-1]:
            inner = inner[part]
        inner[parts[-1]] = value

    return change


def appended(field: str, item: Any) -> Change:
    return lambda data: data[field].append(item)


def test_a_document_that_fits_is_read() -> None:
    facts = read(document())

    assert (facts.serial, facts.city, [site.name for site in facts.sites]) == (41, "hanoi", [SERVED, OTHER])
    assert facts.clusters[0].node_cidrs[0] == "10.1.0.0/24"


FAULTS: Final[list[tuple[Change, str, str]]] = [
    (at("schema", "citycloud.dev/facts/v2"), "schema", "FactsSchemaUnknown"),
    (lambda data: data.pop("schema"), "schema", "FactsSchemaUnknown"),
    (at("serial", 0), "serial", "FactsMisshapen"),
    (at("inventoryHash", "sha256:zz"), "inventoryHash", "FactsMisshapen"),
    (at("remark", "x"), "remark", "FactsMisshapen"),
    (lambda data: data["sites"][1].update(mayor="x"), "sites[1].mayor", "FactsMisshapen"),
    (lambda data: data["sites"][0]["segments"][0].pop("ipv6"), f"{SITE}.ipv6", "FactsMisshapen"),
    (at(f"{SITE}.name", "wireless"), f"{SITE}.name", "FactsMisshapen"),
    (at("sites[0].name", "Phường"), "sites[0].name", "FactsMisshapen"),
    (at("sites[0].name", "a--b"), "sites[0].name", "FactsMisshapen"),
    (at("sites[0].kind", "district"), "sites[0].kind", "FactsMisshapen"),
    (at("links[0].slo.availability", 99.5), "links[0].slo.availability", "FactsMisshapen"),
    (at("clusters[0].apiEndpoint", "http://x"), "clusters[0].apiEndpoint", "FactsMisshapen"),
    (at(f"{SITE}.ipv4", "10.17.16.1/20"), f"{SITE}.ipv4", "FactsHostBits"),
    (at(f"{SITE}.ipv6", "2001:db8:1011:1000::1/52"), f"{SITE}.ipv6", "FactsHostBits"),
    (at(f"{SITE}.ipv4", "10.17.300.0/20"), f"{SITE}.ipv4", "FactsNoRange"),
    (at(f"{SITE}.ipv6", "10.17.16.0/20"), f"{SITE}.ipv6", "FactsFamily"),
    (at(f"{SITE}.ipv4", "10.32.0.0/20"), f"{SITE}.ipv4", "FactsOutsideSegment"),
    (at(f"{SITE}.ipv4", "10.0.0.0/8"), f"{SITE}.ipv4", "FactsOutsideSegment"),
    (at("sites[1].segments[0].ipv4", "10.17.16.0/21"), "sites[1].segments[0].ipv4", "FactsOverlap"),
    (at("sites[1].segments[0].ipv6", "2001:db8:1011::/48"), "sites[0].segments[0].ipv6", "FactsOverlap"),
    (at("services[0].ipv4", "10.17.16.9/32"), "services[0].ipv4", "FactsOverlap"),
    (at("clusters[0].nodeCIDRs[0]", "10.17.0.0/16"), f"{SITE}.ipv4", "FactsOverlap"),
    (at("segments[1].ipv4", "10.16.0.0/14"), "segments[1].ipv4", "FactsOverlap"),
    (at(f"{SITE}.ipv4", "169.254.0.0/20"), f"{SITE}.ipv4", "FactsProtected"),
    (at(f"{SITE}.ipv4", "0.0.0.0/0"), f"{SITE}.ipv4", "FactsProtected"),
    (at(f"{SITE}.ipv6", "::/0"), f"{SITE}.ipv6", "FactsProtected"),
    (at(f"{SITE}.ipv6", "fe80::/64"), f"{SITE}.ipv6", "FactsProtected"),
    (at("links[2].site", "xa-khac"), "links[2].site", "FactsSiteUnknown"),
    (at("sites[1].name", SERVED), "sites[1].name", "FactsNameTwice"),
    (appended("links", link(SERVED)), "links[3].name", "FactsNameTwice"),
    (lambda data: data["sites"][0]["hubs"].append("dc"), "sites[0].hubs[2]", "FactsNameTwice"),
    (lambda data: data["segments"].pop(), "sites[0].segments[1].name", "FactsSegmentUnknown"),
]


@pytest.mark.parametrize(
    ("change", "where", "key"), FAULTS, ids=[f"{key}-{where}-{number}" for number, (_, where, key) in enumerate(FAULTS)]
)
def test_what_does_not_fit_is_refused_by_its_field(change: Change, where: str, key: str) -> None:
    data = document()
    change(data)

    assert (where, key) in faults(data)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'"x"'])
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(FactsRefused):
        read_facts(content)


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_every_fault_is_said_in_both_languages_with_its_field(number: int) -> None:
    data = document()
    FAULTS[number][0](data)
    with pytest.raises(FactsRefused) as refused:
        read(data)

    for fault in refused.value.faults:
        for language in ("vi", "en"):
            assert fault.where in TEXTS.say_in(language, fault.key, where=fault.where, **fault.parameters)


def test_all_faults_are_found_at_once_up_to_what_somebody_reads() -> None:
    data = document(links=[link("nobody") | {"name": f"l-{number}"} for number in range(MOST_FAULTS + 7)])
    with pytest.raises(FactsRefused) as refused:
        read(data)

    assert (len(refused.value.faults), refused.value.left_out) == (MOST_FAULTS, 7)


def test_the_digest_is_of_what_is_said_and_not_of_how() -> None:
    data = document()
    turned = dict(reversed(data.items()))
    other = document()
    other["sites"][0]["hubs"].reverse()

    assert digest_of(read(data)) == digest_of(read(turned))
    assert digest_of(read(data)) != digest_of(read(other))


@given(numbers=st.lists(st.integers(0, 255), min_size=1, max_size=12, unique=True), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_sites_of_an_address_plan_never_overlap_in_whatever_order(numbers: list[int], seed: int) -> None:
    random.Random(seed).shuffle(numbers)

    assert len(read(document(sites=[place(f"s-{number}", number=number) for number in numbers], links=[])).sites) == len(numbers)


@given(numbers=st.lists(st.integers(0, 255), min_size=2, max_size=8, unique=True), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_range_that_lies_in_another_is_always_found(numbers: list[int], data: st.DataObject) -> None:
    sites = [place(f"s-{number}", number=number, segments=("office",)) for number in numbers]
    first, second = data.draw(st.permutations(range(len(sites))))[:2]
    taken = ipaddress.ip_network(segment("office", number=numbers[first])["ipv4"])
    sites[second]["segments"][0]["ipv4"] = str(data.draw(st.sampled_from(list(taken.subnets(prefixlen_diff=2)))))

    assert "FactsOverlap" in {key for _, key in faults(document(sites=sites, links=[]))}
