"""Does anything enforce the NetworkPolicies that every environment is closed with?

The API server stores them whether or not anybody obeys. Which network plugin runs shows in the images of the DaemonSets; what is not known
here may still enforce them, so that is said as a doubt, and never as well.
"""

import re
from collections.abc import Iterator
from typing import Final

from citycloud.doctor.facts import Facts, Manifest, Unseen
from citycloud.doctor.findings import Finding, undecided

CHECK: Final = "network"
ENFORCING: Final = {
    "Antrea": r"antrea",
    "Calico": r"calico/node|canal",
    "Cilium": r"cilium/cilium|/cilium:",
    "Kube-OVN": r"kube-ovn",
    "kube-router": r"kube-router",
    "kindnet": r"kindnetd|kube-network-policies",
    "OVN-Kubernetes": r"ovn-kube|ovnkube|ovn-kubernetes",
    "Weave": r"weave-npc",
}
"""Plugins whose own documentation says that they enforce networking.k8s.io/v1 NetworkPolicies, by a part of their node image."""
NOT_ENFORCING: Final = {"Flannel": r"flannel"}
"""Plugins that carry packets and leave policies to others."""


def judge_network(facts: Facts) -> list[Finding]:
    """Judge what the DaemonSets of the cluster say of its network plugin."""
    listing = facts.objects["daemonsets"]
    if isinstance(listing, Unseen):
        return [undecided(check=CHECK, unseen=listing)]
    running = {image: each for each in listing for image in _images(each)}
    found = sorted(name for name, pattern in ENFORCING.items() if any(re.search(pattern, image) for image in running))
    if not found:
        others = sorted(name for name, pattern in NOT_ENFORCING.items() if any(re.search(pattern, image) for image in running))
        if others:
            return [Finding(check=CHECK, state="failed", key="PoliciesIgnored", objects=tuple(others))]
        return [Finding(check=CHECK, state="warning", key="PluginUnknown", said={"count": len(listing)})]
    lacking = sorted(
        _title(each) for name in found for image, each in running.items() if re.search(ENFORCING[name], image) and _lacks(each)
    )
    if lacking:
        return [Finding(check=CHECK, state="failed", key="PluginLacking", objects=tuple(lacking))]
    return [Finding(check=CHECK, state="well", key="PluginEnforces", objects=tuple(found))]


def _images(daemon_set: Manifest) -> Iterator[str]:
    for container in daemon_set["spec"]["template"]["spec"]["containers"]:
        yield container["image"]


def _lacks(daemon_set: Manifest) -> bool:
    """Tell whether a node that should run it does not: what runs there is open to everybody."""
    status = daemon_set.get("status", {})
    return bool(status.get("numberReady", 0) < status.get("desiredNumberScheduled", 0))


def _title(daemon_set: Manifest) -> str:
    status = daemon_set.get("status", {})
    metadata = daemon_set["metadata"]
    return f"{metadata['namespace']}/{metadata['name']} ({status.get('numberReady', 0)}/{status.get('desiredNumberScheduled', 0)})"
