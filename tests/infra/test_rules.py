"""Wrong inventories and wrong changes, each refused by the rule that is named for it, in words that name the place and the remedy."""

import copy
from collections.abc import Callable

import pytest
from tests.infra.inventories import Content, inventory, site, small

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.rules.change import Change
from citycloud_infra.rules.check import CHANGES, FIRST, THEN, check_change, check_inventory
from citycloud_infra.rules.finding import load_texts

Edit = Callable[[Content], object]
TEXTS = load_texts()


def put(*path: str | int, value: object) -> Edit:
    """Set one field."""

    def edit(content: Content) -> None:
        place = content
        for step in path[:-1]:
            place = place[step]  # type: ignore[index]
        place[path[-1]] = value  # type: ignore[index]

    return edit


def drop(*path: str | int) -> Edit:
    """Take one field or entry away."""

    def edit(content: Content) -> None:
        place = content
        for step in path[:-1]:
            place = place[step]  # type: ignore[index]
        del place[path[-1]]  # type: ignore[arg-type]

    return edit


def add(*path: str | int, value: object) -> Edit:
    """Append to a list."""

    def edit(content: Content) -> None:
        place = content
        for step in path:
            place = place[step]  # type: ignore[index]
        place.append(value)  # type: ignore[attr-defined]

    return edit


def both(*edits: Edit) -> Edit:
    """Make several edits."""

    def edit(content: Content) -> None:
        for each in edits:
            each(content)

    return edit


def twin(content: Content) -> None:
    content["sites"].append({**site(2), "name": "phuong-ba"})


def one_carrier_site(content: Content) -> None:
    content["carriers"].append({**content["carriers"][0], "name": "alone"})
    content["sites"][3]["uplinks"] = [{"carrier": "alone", "role": "primary", "rateMbps": 50}]


def shared_ground(content: Content) -> None:
    """Two lines of two carriers, but each hub has a line of one of them only."""
    for hub in content["hubs"]:
        del hub["uplinks"][1]
        hub["uplinks"][0]["role"] = "primary"


def one_vxlan_line(content: Content) -> None:
    content["overlay"]["technique"] = "vxlan"
    for family in ("ipv4", "ipv6"):
        del content["sites"][0]["uplinks"][1][family]


def same_link_name(content: Content) -> None:
    """A site `phuong` on `mot-lease` and a site `phuong-mot` on `lease` would both have the link `phuong-mot-lease`."""
    content["carriers"].append({**content["carriers"][0], "name": "mot-lease"})
    other = site(30)
    other["name"] = "phuong"
    other["uplinks"][0]["carrier"] = "mot-lease"
    content["hubs"][0]["uplinks"].append(
        {"carrier": "mot-lease", "role": "backup", "rateMbps": 10, "ipv4": "192.0.2.3", "ipv6": "2001:db8:ffff:1::3"}
    )
    content["sites"].append(other)


def too_many_nodes(content: Content) -> None:
    content["compute"]["pools"][1]["count"] = 300
    content["compute"]["clusters"][0]["podRange"] = "172.16.0.0/15"


WRONG: list[tuple[str, Edit, str]] = [
    ("WAN001", twin, "sites[4].id"),
    ("WAN001", put("services", 1, "id", value=10), "services[1].id"),
    ("WAN002", put("sites", 2, "name", value="phuong-mot"), "sites[2].name"),
    ("WAN002", put("sites", 0, "name", value="dc"), "sites[0].name"),
    ("WAN002", put("compute", "pools", 2, "name", value="cloud-a"), "compute.pools[2].name"),
    ("WAN003", put("sites", 3, "id", value=9), "sites[3].id"),
    ("WAN004", put("segments", 0, "id", value=6), "segments[0].id"),
    ("WAN005", put("sites", 0, "uplinks", 0, "carrier", value="nobody"), "sites[0].uplinks[0].carrier"),
    ("WAN005", put("sites", 0, "uplinks", 0, "via", value="nowhere"), "sites[0].uplinks[0].via"),
    ("WAN005", add("sites", 0, "segments", value="camera-iot"), "sites[0].segments[3]"),
    ("WAN005", put("crossings", 0, "service", value="nothing"), "crossings[0].service"),
    ("WAN005", put("media", "roomClass", value="film"), "media.roomClass"),
    ("WAN005", put("compute", "pools", 0, "zone", value="dx"), "compute.pools[0].zone"),
    ("WAN005", add("compute", "clusters", 0, "pools", value="cloud-z"), "compute.clusters[0].pools[3]"),
    ("WAN006", add("sites", 0, "segments", value="office"), "sites[0].segments"),
    ("WAN006", put("sites", 0, "uplinks", 1, "carrier", value="lease"), "sites[0].uplinks"),
    ("WAN007", put("addressPlan", "ipv4", value="172.16.0.0/12"), "addressPlan.ipv4"),
    ("WAN007", put("addressPlan", "ipv6", value="2001:db8:1000::/40"), "addressPlan.ipv6"),
    ("WAN008", same_link_name, "sites[4].uplinks[0]"),
    ("WAN009", one_carrier_site, "sites[3].uplinks"),
    ("WAN010", both(drop("hubs", 1), put("compute", "zones", 1, "hub", value="dc")), "hubs"),
    ("WAN011", put("hubs", 1, "preference", value=100), "hubs[1].preference"),
    ("WAN012", put("sites", 0, "uplinks", 1, "role", value="primary"), "sites[0].uplinks"),
    ("WAN012", put("hubs", 0, "uplinks", 0, "role", value="backup"), "hubs[0].uplinks"),
    ("WAN013", drop("sites", 1, "uplinks", 1), "sites[1].uplinks"),
    ("WAN014", put("sites", 1, "uplinks", 1, "via", value="north"), "sites[1].uplinks"),
    ("WAN015", shared_ground, "sites[0].uplinks"),
    ("WAN016", put("sites", 1, "uplinks", 0, "ipv4", value="192.0.2.11"), "sites[1].uplinks[0].ipv4"),
    ("WAN016", put("sites", 1, "uplinks", 0, "ipv6", value="2001:db8:ffff:1::1"), "sites[1].uplinks[0].ipv6"),
    ("WAN017", put("sites", 1, "uplinks", 0, "ipv4", value="10.17.16.1"), "sites[1].uplinks[0].ipv4"),
    ("WAN018", drop("hubs", 0, "uplinks", 0, "ipv6"), "hubs[0].uplinks[0]"),
    ("WAN019", one_vxlan_line, "sites[0].uplinks[1]"),
    ("WAN020", put("carriers", 0, "mtu", value=1400), "carriers[0].mtu"),
    ("WAN021", put("classes", 5, "share", value=60), "classes"),
    ("WAN022", put("classes", 1, "dscp", value=34), "classes[2].dscp"),
    ("WAN023", put("classes", 5, "dscp", value=1), "classes"),
    ("WAN024", put("sites", 1, "rooms", value=9), "sites[1].uplinks[0].rateMbps"),
    ("WAN024", put("sites", 3, "phones", value=1000), "sites[3].uplinks[0].rateMbps"),
    ("WAN025", put("carriers", 0, "classes", 1, "share", value=30), "carriers[0].classes"),
    ("WAN026", drop("sites", 1, "segments", 1), "sites[1].segments"),
    ("WAN027", put("segments", 3, "transport", value="overlay"), "segments[3].transport"),
    ("WAN028", put("crossings", 0, "from", value="guest"), "crossings[0].from"),
    ("WAN028", put("services", 0, "segment", value="guest"), "services[0].segment"),
    ("WAN029", put("services", 0, "segment", value="management"), "crossings[0]"),
    ("WAN029", put("segments", 1, "betweenSites", value=True), "segments[1].betweenSites"),
    ("CMP001", drop("compute", "clusters", 0, "pools", 2), "compute.pools[2].name"),
    ("CMP002", put("compute", "pools", 0, "count", value=2), "compute.clusters[0].pools"),
    ("CMP002", put("compute", "pools", 0, "count", value=1), "compute.clusters[0].pools"),
    ("CMP003", put("compute", "clusters", 0, "podRange", value="10.200.0.0/16"), "compute.clusters[0].podRange"),
    ("CMP003", put("compute", "clusters", 0, "serviceRange", value="172.16.4.0/24"), "compute.clusters[0].podRange"),
    ("CMP003", put("compute", "clusters", 0, "nodeRange", value="10.2.0.0/24"), "compute.clusters[0].nodeRange"),
    ("CMP003", put("compute", "clusters", 0, "podRange", value="100.64.0.0/16"), "compute.clusters[0].podRange"),
    ("CMP004", put("compute", "demand", 0, "cpu", value=8), "compute.demand[0]"),
    ("CMP005", too_many_nodes, "compute.clusters[0].nodeRange"),
    ("CMP005", put("compute", "clusters", 0, "podRange", value="172.16.0.0/22"), "compute.clusters[0].podRange"),
    ("CMP007", put("compute", "clusters", 0, "nodeRange", value="10.1.8.0/24"), "compute.clusters[0].nodeRange"),
    ("CMP007", put("compute", "clusters", 0, "nodeRange6", value="2001:db8:1f01:3::/64"), "compute.clusters[0].nodeRange6"),
    ("CMP006", both(put("compute", "pools", 2, "zone", value="dc-a"), put("compute", "demand", value=[])), "compute.clusters[0].pools"),
]
USED = {"kho-luu-tru": ("so-thu/luu-tru-prod",), "so-thu": ("so-thu/van-ban-prod",)}
RISEN = put("serial", value=2)
RETIRED = add("retired", value={"id": 17, "name": "kho-luu-tru", "since": "2026-11-01"})
WRONG_CHANGES: list[tuple[str, Edit, str]] = [
    ("CHG001", put("sites", 1, "rooms", value=2), "serial"),
    ("CHG002", both(RISEN, put("sites", 1, "id", value=99)), "sites[1].id"),
    ("CHG003", both(RISEN, put("hubs", 1, "id", value=3)), "hubs[1].id"),
    ("CHG004", both(RISEN, put("segments", 0, "id", value=2)), "segments[0].id"),
    ("CHG005", both(RISEN, put("services", 1, "id", value=12)), "services[1].id"),
    ("CHG006", both(RISEN, put("addressPlan", "ipv6", value="2001:db8:2000::/36")), "addressPlan"),
    ("CHG007", both(RISEN, put("sites", value=[])), "sites"),
    ("CHG008", both(RISEN, drop("sites", 2)), "retired"),
    ("CHG009", both(RISEN, put("retired", value=[])), "retired"),
    ("CHG010", both(RISEN, RETIRED, drop("sites", 3)), "sites"),
    ("CHG011", both(RISEN, drop("sites", 0, "segments", 1)), "sites[0].segments"),
]


def test_the_sample_is_right() -> None:
    assert check_inventory(inventory(), texts=TEXTS) == []


@pytest.mark.parametrize(("rule", "edit", "field"), WRONG, ids=[f"{rule}-{field}" for rule, _, field in WRONG])
def test_a_wrong_inventory_is_refused_by_its_rule(rule: str, edit: Edit, field: str) -> None:
    findings = check_inventory(inventory(edit), texts=TEXTS)
    assert (rule, field) in [(finding.rule, finding.field) for finding in findings], findings


@pytest.mark.parametrize(("rule", "edit", "field"), WRONG_CHANGES, ids=[f"{rule}-{field}" for rule, _, field in WRONG_CHANGES])
def test_a_wrong_change_is_refused_by_its_rule(rule: str, edit: Edit, field: str) -> None:
    content = small()
    edit(content)
    change = Change(before=inventory(), after=Inventory.model_validate(content), in_use=USED)
    findings = check_change(change, texts=TEXTS)
    assert (rule, field) in [(finding.rule, finding.field) for finding in findings], findings


def test_every_rule_has_a_wrong_inventory_and_words_in_both_languages() -> None:
    rules = {rule.id for rule in (*FIRST, *THEN)} | {rule.id for rule in CHANGES}
    assert {rule for rule, _, _ in (*WRONG, *WRONG_CHANGES)} == rules == set(TEXTS)
    for name, text in TEXTS.items():
        for words in (text.title, text.wrong, text.remedy):
            assert set(words) == {"vi", "en"}, name


def test_a_finding_says_what_and_where_and_what_to_do() -> None:
    (finding, *_) = check_inventory(inventory(put("sites", 3, "id", value=9)), texts=TEXTS)
    assert finding.en == (
        "number 9 was that of phuong-cu, retired since 2025-07-01; choose another number; logs and firewalls still know the old one"
    )
    assert finding.vi.startswith("số 9 từng là của phuong-cu")


def test_a_good_change_is_let_through() -> None:
    grown = both(RISEN, add("sites", value=site(40)))
    retired = both(RISEN, RETIRED, drop("sites", 3))
    moved = both(RISEN, put("hubs", 1, "uplinks", 0, "ipv4", value="192.0.2.200"))
    for edit in (grown, retired, moved):
        content = small()
        edit(content)
        after = Inventory.model_validate(copy.deepcopy(content))
        assert check_change(Change(before=inventory(), after=after), texts=TEXTS) == []
        assert check_inventory(after, texts=TEXTS) == []
