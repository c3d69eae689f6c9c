"""The strict mocks refuse what Pulumi's own take without a word; and a test whose resources nobody waits for does not pass."""

import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_openstack as cloud
import pytest
from pulumi.runtime import mocks
from tests.infra.inventories import ROOT
from tests.infra.strict import Refused, strict

from citycloud_infra.targets.recording import Recorder, run_recorded

UNAWAITED = """
import pulumi
from pulumi.runtime import mocks

class Takes(mocks.Mocks):
    def call(self, args): return {}
    def new_resource(self, args): return "id", args.inputs

pulumi.runtime.set_mocks(Takes())

DECORATOR
def test_that_checks_nothing():
    made = pulumi.CustomResource("a:b:C", "one", {"size": 1})
    made.id.apply(lambda id: 1 / 0)
"""


def asked(program: Callable[[], Any]) -> None:
    run_recorded(program=program, project="citycloud", name="trial", recorder=Recorder(name="trial", known={}, check=strict))


def subnet(**changes: Any) -> Callable[[], Any]:
    good = {"network_id": "Network:n", "ip_version": 4, "cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.1", "name": "n"}
    return lambda: cloud.networking.Subnet("n", **{**good, **changes})


def rule(**changes: Any) -> Callable[[], Any]:
    good = {"security_group_id": "SecGroup:g", "direction": "ingress", "ethertype": "IPv4", "description": "one"}
    return lambda: cloud.networking.SecGroupRule("one", **{**good, **changes})


def port(**changes: Any) -> Callable[[], Any]:
    good = {"name": "p", "network_id": "Network:n", "fixed_ips": [{"subnet_id": "Subnet:s"}]}
    return lambda: cloud.networking.Port("p", **{**good, **changes})


def thing(token: str, **inputs: Any) -> Callable[[], Any]:
    return lambda: pulumi.CustomResource(token, "t", inputs)


WRONG = {
    "a version in letters": (subnet(ip_version="four"), "Subnet.ipVersion"),
    "a version that is none": (subnet(ip_version=5), "Subnet.ipVersion"),
    "a range that is none": (subnet(cidr="10.0.0.0/99"), "Subnet.cidr"),
    "a range with host bits": (subnet(cidr="10.1.0.1/24"), "Subnet.cidr"),
    "a gateway elsewhere": (subnet(gateway_ip="10.2.0.1"), "do not lie in"),
    "a mode of the other family": (subnet(ipv6_ra_mode="slaac"), "no IPv6 mode"),
    "an unknown mode": (subnet(cidr="2001:db8::/64", ip_version=6, gateway_ip="2001:db8::1", ipv6_ra_mode="auto"), "Subnet.ipv6RaMode"),
    "the id of something else": (subnet(network_id="Router:r"), "no id of a Network"),
    "no network": (thing("openstack:networking/subnet:Subnet", cidr="10.1.0.0/24"), "Subnet.networkId is missing"),
    "an unknown name": (
        thing("openstack:networking/subnet:Subnet", networkId="Network:n", cider="10.1.0.0/24"),
        "Subnet.cider is no input",
    ),
    "a bad direction": (rule(direction="sideways"), "SecGroupRule.direction"),
    "a bad family": (rule(ethertype="ipv4"), "SecGroupRule.ethertype"),
    "a family that its range is not": (rule(remote_ip_prefix="2001:db8::/32"), "is not IPv4"),
    "ports without protocol": (rule(port_range_min=1, port_range_max=2), "ports need a protocol"),
    "a protocol that is none": (rule(protocol="quic"), "SecGroupRule.protocol"),
    "no fixed address": (port(fixed_ips=None), "no fixed address"),
    "no fixed ip": (port(no_fixed_ip=True), "Port.noFixedIp"),
    "a nested unknown name": (port(fixed_ips=[{"subnet": "Subnet:s"}]), "Port.fixedIps.subnet is no input"),
    "a nested bad address": (port(fixed_ips=[{"subnet_id": "Subnet:s", "ip_address": "10.1.0"}]), "Port.fixedIps.ipAddress"),
    "a nested wrong id": (port(fixed_ips=[{"subnet_id": "Network:n"}]), "no id of a Subnet"),
    "a list where one is": (
        thing("openstack:networking/port:Port", networkId=["Network:n"], fixedIps=[{"subnetId": "Subnet:s"}]),
        "Port.networkId",
    ),
    "one where a list is": (port(security_group_ids="SecGroup:g"), "Port.securityGroupIds"),
    "text where a truth is": (subnet(enable_dhcp="yes"), "Subnet.enableDhcp"),
    "an input that the proven plugin lacks": (lambda: cloud.networking.SecGroup("g", name="g", stateful=False), "SecGroup.stateful"),
    "an unknown type": (thing("openstack:networking/subnett:Subnett"), "the provider has no"),
    "another provider": (thing("aws:ec2/instance:Instance"), "no type of the provider"),
    "an interface attached later": (thing("openstack:compute/interfaceAttach:InterfaceAttach"), "InterfaceAttach is not used"),
    "a policy that is none": (lambda: cloud.compute.ServerGroup("g", name="g", policies="apart"), "ServerGroup.policies"),
    "a code point that is none": (
        lambda: cloud.networking.QosDscpMarkingRule("m", qos_policy_id="QosPolicy:q", dscp_mark=64),
        "QosDscpMarkingRule.dscpMark",
    ),
    "a cipher that is none": (lambda: cloud.vpnaas.IkePolicy("i", name="i", encryption_algorithm="rot13"), "encryptionAlgorithm"),
    "a version of IKE that is none": (lambda: cloud.vpnaas.IkePolicy("i", name="i", ike_version="v3"), "IkePolicy.ikeVersion"),
}


@pytest.mark.parametrize(("program", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_the_provider_would_refuse_is_refused_here(program: Callable[[], Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        asked(program)


@pytest.mark.parametrize("program", [subnet(), rule(), port(), rule(protocol="udp", port_range_min=1, port_range_max=2)])
def test_what_is_right_is_taken(program: Callable[[], Any]) -> None:
    asked(program)


def test_a_key_of_metadata_that_the_compute_service_refuses_is_refused() -> None:
    with pytest.raises(Refused, match="metadata"):
        asked(lambda: cloud.compute.Instance("i", name="i", metadata={"citycloud.dev/pool": "a"}))


class Takes(mocks.Mocks):
    """Pulumi's own kind of mocks: takes anything."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        return {}, None

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return "id", args.inputs


def test_pulumis_own_mocks_take_what_ours_refuse() -> None:
    """The control: without the strict check the same wrong inputs pass."""
    pulumi.runtime.set_mocks(Takes())
    made: list[str] = []

    def wrong() -> pulumi.Output[None]:
        one = subnet(ip_version="four", cidr="10.0.0.0/99")()
        found: pulumi.Output[str] = one.id
        return found.apply(made.append)

    decorated: Callable[[], None] = pulumi.runtime.test(wrong)  # type: ignore[no-untyped-call]
    decorated()
    assert made == ["id"]


def test_a_test_that_waits_for_nothing_fails_and_names_what_it_made(tmp_path: pathlib.Path) -> None:
    outcome = ran(folder=tmp_path, text=UNAWAITED.replace("DECORATOR", ""))
    assert outcome.returncode == 1
    assert "made outside @pulumi.runtime.test, so never waited for: a:b:C one" in outcome.stdout


def test_the_same_test_decorated_finds_what_is_wrong(tmp_path: pathlib.Path) -> None:
    outcome = ran(folder=tmp_path, text=UNAWAITED.replace("DECORATOR", "@pulumi.runtime.test"))
    assert outcome.returncode == 1
    assert "ZeroDivisionError" in outcome.stdout
    assert "made outside" not in outcome.stdout


def test_without_the_watch_the_same_test_would_pass_in_silence(tmp_path: pathlib.Path) -> None:
    assert ran(folder=tmp_path, text=UNAWAITED.replace("DECORATOR", ""), watched=False).returncode == 0


def ran(*, folder: pathlib.Path, text: str, watched: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run a file of tests by itself, with or without this folder's conftest."""
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (folder / "test_one.py").write_text(text, "utf-8")
    if watched:
        (folder / "conftest.py").write_text((pathlib.Path(__file__).parent / "conftest.py").read_text("utf-8"), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
