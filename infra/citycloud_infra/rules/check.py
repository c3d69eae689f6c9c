"""All rules with their ids, and the two ways to ask them: of an inventory, and of a change.

Rules that follow names come after those that find unknown ones: where something is named that is not there, only that is said.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.rules import change as changes
from citycloud_infra.rules import compute, names, ranges, traffic, ways
from citycloud_infra.rules.change import Change
from citycloud_infra.rules.finding import Finding, Rule, Text

FIRST: Final[tuple[Rule[Inventory], ...]] = (
    Rule(id="WAN001", check=names.numbers_are_unique),
    Rule(id="WAN002", check=names.names_are_unique),
    Rule(id="WAN003", check=names.retired_numbers_rest),
    Rule(id="WAN004", check=names.segment_numbers_are_free),
    Rule(id="WAN005", check=names.references_are_known),
    Rule(id="WAN006", check=names.listed_once),
    Rule(id="WAN007", check=ranges.plan_has_its_size),
)
THEN: Final[tuple[Rule[Inventory], ...]] = (
    Rule(id="WAN008", check=names.link_names_are_labels),
    Rule(id="WAN009", check=names.every_site_is_reached),
    Rule(id="WAN010", check=ways.two_hubs),
    Rule(id="WAN011", check=ways.hubs_are_ordered),
    Rule(id="WAN012", check=ways.one_primary_line),
    Rule(id="WAN013", check=ways.enough_lines),
    Rule(id="WAN014", check=ways.lines_are_apart),
    Rule(id="WAN015", check=ways.no_single_failure),
    Rule(id="WAN016", check=ranges.line_ends_are_unique),
    Rule(id="WAN017", check=ranges.line_ends_are_outside),
    Rule(id="WAN018", check=ranges.hubs_can_be_called),
    Rule(id="WAN019", check=ranges.changing_ends_need_wireguard),
    Rule(id="WAN020", check=traffic.packets_fit),
    Rule(id="WAN021", check=traffic.shares_fit),
    Rule(id="WAN022", check=traffic.code_points_differ),
    Rule(id="WAN023", check=traffic.there_is_a_rest),
    Rule(id="WAN024", check=traffic.lines_carry_what_is_needed),
    Rule(id="WAN025", check=traffic.contracts_hold),
    Rule(id="WAN026", check=traffic.tiers_have_their_segments),
    Rule(id="WAN027", check=traffic.guests_stay_outside),
    Rule(id="WAN028", check=traffic.local_segments_have_no_way_in),
    Rule(id="WAN029", check=traffic.segments_do_not_leak),
    Rule(id="CMP001", check=compute.pools_have_one_cluster),
    Rule(id="CMP002", check=compute.control_planes_are_odd),
    Rule(id="CMP003", check=ranges.cluster_ranges_are_apart),
    Rule(id="CMP004", check=compute.capacity_suffices),
    Rule(id="CMP005", check=compute.nodes_fit_their_ranges),
    Rule(id="CMP006", check=compute.workers_have_two_zones, severity="warning"),
    Rule(id="CMP007", check=ranges.nodes_leave_room_for_the_hub),
)
CHANGES: Final[tuple[Rule[Change], ...]] = (
    Rule(id="CHG001", check=changes.serial_rises),
    Rule(id="CHG002", check=changes.sites_keep_their_numbers),
    Rule(id="CHG003", check=changes.hubs_keep_their_numbers),
    Rule(id="CHG004", check=changes.segments_keep_their_numbers),
    Rule(id="CHG005", check=changes.services_keep_their_numbers),
    Rule(id="CHG006", check=changes.plan_stays),
    Rule(id="CHG007", check=changes.not_too_many_go),
    Rule(id="CHG008", check=changes.removed_numbers_are_retired),
    Rule(id="CHG009", check=changes.retired_stay_retired),
    Rule(id="CHG010", check=changes.removed_sites_are_free),
    Rule(id="CHG011", check=changes.removed_segments_are_free),
)


def check_inventory(inventory: Inventory, *, texts: Mapping[str, Text]) -> list[Finding]:
    """Ask every rule about one inventory."""
    found = [finding for rule in FIRST for finding in rule.find(inventory, texts=texts)]
    return found or [finding for rule in THEN for finding in rule.find(inventory, texts=texts)]


def check_change(change: Change, *, texts: Mapping[str, Text]) -> list[Finding]:
    """Ask every rule about the step from one inventory to another; what is wrong with either alone is not said here."""
    return [finding for rule in CHANGES for finding in rule.find(change, texts=texts)]


def errors(findings: list[Finding]) -> Iterator[Finding]:
    """Return what must be mended before anything is built."""
    return (finding for finding in findings if finding.severity == "error")
