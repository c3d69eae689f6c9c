"""The compute in the inventory: pools of machines in availability zones, and the clusters that they make."""

from typing import Literal

from citycloud_infra.model.base import IPv4NetworkText, IPv6NetworkText, Name, Part, field


class Flavor(Part):
    """A size of machine."""

    name: Name = field("Its name.")
    cpu: int = field("Cores.", ge=1, le=512)
    memory_gib: int = field("Memory, in GiB.", ge=1, le=8192)
    disk_gib: int = field("Root disk, in GiB.", ge=10, le=16_384)


class Zone(Part):
    """A part of a data centre that fails alone."""

    name: Name = field("Its name in the compute service.")
    hub: Name = field("The data centre it is in.")


class Pool(Part):
    """Like machines of one location in one availability zone; they never share a host while there is another."""

    name: Name = field("Its name, also the value of citycloud.dev/pool on its nodes.", max_length=30)
    location: Name = field("The City's location that its nodes serve: the value of citycloud.dev/location.")
    zone: Name = field("Its availability zone.")
    flavor: Name = field("The size of its machines.")
    count: int = field("How many.", ge=1, le=500)
    roles: tuple[Literal["control-plane", "worker"], ...] = field("What its nodes do.", min_length=1, max_length=2)
    restricted: bool = field("Whether only pods that tolerate citycloud.dev/restricted may run there.", default=False)


class Cluster(Part):
    """One Kubernetes cluster."""

    name: Name = field("Its name.", max_length=30)
    hub: Name = field("The data centre of its API endpoint.")
    distribution: Literal["k3s", "kubeadm"] = field("How it is set up.")
    version: str = field("The version of Kubernetes.", pattern=r"^v1\.[0-9]{1,3}\.[0-9]{1,3}(\+k3s[0-9])?$", max_length=20)
    pools: tuple[Name, ...] = field("Its pools.", min_length=1, max_length=20)
    node_range: IPv4NetworkText = field("Addresses of its nodes.")
    node_range6: IPv6NetworkText = field("Addresses of its nodes.")
    pod_range: IPv4NetworkText = field("Addresses of its pods, never routed in the WAN.")
    pod_range6: IPv6NetworkText = field("Addresses of its pods, never routed in the WAN.")
    service_range: IPv4NetworkText = field("Addresses of its services, never routed in the WAN.")
    service_range6: IPv6NetworkText = field("Addresses of its services, never routed in the WAN.")


class Demand(Part):
    """What the environments of one location are expected to hold."""

    location: Name = field("The City's location.")
    cpu: int = field("Cores.", ge=0, le=100_000)
    memory_gib: int = field("Memory, in GiB.", ge=0, le=1_000_000)


class Compute(Part):
    """Everything that runs workloads."""

    image: Name = field("The machines' image in the compute service.")
    flavors: tuple[Flavor, ...] = field("Sizes of machines.", min_length=1, max_length=50)
    zones: tuple[Zone, ...] = field("Availability zones.", min_length=1, max_length=20)
    pools: tuple[Pool, ...] = field("Pools of machines.", min_length=1, max_length=100)
    clusters: tuple[Cluster, ...] = field("Clusters.", min_length=1, max_length=20)
    demand: tuple[Demand, ...] = field("What is expected, by location.", default=(), max_length=20)
