"""What cities have in a cloud, kind by kind: nothing after everything was removed. What the cloud itself brings does not count."""

from typing import Any, Final

from openstack.connection import Connection

from citycloud_infra.targets.openstack.objects import NAMED

ALWAYS_THERE: Final = "default"
"""The firewall that every project has."""


def leftovers(connection: Connection) -> dict[str, list[str]]:
    """Return the names of all objects by kind; kinds of which there is none are left out."""
    outside = {each.id for each in connection.network.networks(is_router_external=True)}
    counted: dict[str, list[Any]] = {kind.rpartition("/")[2].partition(":")[0]: list(found(connection)()) for kind, found in NAMED.items()}
    counted["floatingIp"] = list(connection.network.ips())
    counted["network"] = [each for each in counted["network"] if each.id not in outside]
    counted["subnet"] = [each for each in counted["subnet"] if each.network_id not in outside]
    counted["secGroup"] = [each for each in counted["secGroup"] if each.name != ALWAYS_THERE]
    return {kind: sorted(each.name or each.id for each in things) for kind, things in counted.items() if things}
