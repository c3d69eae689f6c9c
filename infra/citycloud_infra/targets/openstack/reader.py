"""What the cloud itself tells before a run changes anything: what it allows, and what it has already of what a killed run asked for.

It is asked through OpenStack's own client, which finds it by `OS_*` or clouds.yaml as the provider does.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import openstack
from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import ResourceFailure, SDKException

from citycloud_infra.targets.base import CloudSilent
from citycloud_infra.targets.openstack.objects import ids_of
from citycloud_infra.targets.recovery import Pending

NETWORK_QUOTAS: Final[Mapping[str, str]] = {
    "network": "networks",
    "subnet": "subnets",
    "router": "routers",
    "port": "ports",
    "security_group": "security_groups",
    "security_group_rule": "security_group_rules",
    "floatingip": "floating_ips",
    "vpnservice": "vpnservices",
    "ipsec_site_connection": "ipsec_site_connections",
    "endpoint_group": "endpoint_groups",
    "ikepolicy": "ikepolicies",
    "ipsecpolicy": "ipsecpolicies",
}
"""From the network service's own words to those of targets/quota.py; the compute service's are the same."""
BUILD_SECONDS: Final = 600
COMPUTE_QUOTAS: Final = ("instances", "cores", "ram", "server_groups", "key_pairs")


class Reader:
    """Asks the cloud; a connection is made when the first question is."""

    def allowance(self) -> dict[str, int]:
        """Return the limit of each quota of the project, -1 where there is none. Raise CloudSilent."""
        with _connection() as cloud:
            project = cloud.current_project_id
            network = cloud.network.get(f"/quotas/{project}")
            compute = cloud.compute.get(f"/os-quota-sets/{project}")
            for answer in (network, compute):
                answer.raise_for_status()
            told, counted = network.json()["quota"], compute.json()["quota_set"]
            return {
                **{word: int(told[name]) for name, word in NETWORK_QUOTAS.items() if name in told},
                **{name: int(counted[name]) for name in COMPUTE_QUOTAS if name in counted},
            }

    def identify(self, things: Sequence[Pending]) -> dict[str, str]:
        """Return the provider's ids of what a killed run asked for and the cloud has, by URN. Raise CloudSilent."""
        with _connection() as cloud:
            found = {each.urn: ids_of(cloud, kind=each.type, inputs=each.inputs) for each in things}
            for thing in things:
                ids = found[thing.urn]
                if len(ids) > 1:
                    raise _twins(thing, ids=ids)
                if ids and thing.type in FINISHED:
                    FINISHED[thing.type](cloud, ids[0])
            return {urn: ids[0] for urn, ids in found.items() if ids}


def _twins(thing: Pending, *, ids: Sequence[str]) -> CloudSilent:
    name, told = thing.urn.rpartition("::")[2], ", ".join(ids)
    return CloudSilent(
        f"{name}: có nhiều đối tượng cùng tên ({told}); hãy xóa bớt rồi chạy lại / "
        f"several objects have this name ({told}): delete those that nothing uses and run again"
    )


def _close(cloud: Connection, group: str) -> None:
    """Remove the rules that a new firewall has by itself: the killed run may not have come to it, and they open everything outwards."""
    for rule in cloud.network.security_group_rules(security_group_id=group):
        cloud.network.delete_security_group_rule(rule)


def _started(cloud: Connection, machine: str) -> None:
    """Wait until a machine runs: of one that is still being built the provider can make nothing. Raise CloudSilent where it never will."""
    server = cloud.compute.get_server(machine)
    try:
        cloud.compute.wait_for_server(server, wait=BUILD_SECONDS)
    except ResourceFailure as error:
        raise CloudSilent(
            f"{server.name}: máy hỏng khi được tạo; hãy xóa máy đó rồi chạy lại / "
            f"this machine failed while it was made: delete it and run again ({error})"
        ) from error


FINISHED: Final[Mapping[str, Callable[[Connection, str], None]]] = {
    "openstack:networking/secGroup:SecGroup": _close,
    "openstack:compute/instance:Instance": _started,
}
"""What a killed run may have left half done, and how it is brought to its end."""


@contextlib.contextmanager
def _connection() -> Iterator[Connection]:
    try:
        with openstack.connect() as cloud:
            yield cloud
    except (SDKException, ClientException) as error:
        raise CloudSilent(f"đám mây không trả lời / the cloud gives no answer: {error}") from error
