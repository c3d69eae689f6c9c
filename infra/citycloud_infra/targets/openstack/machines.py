"""Machines, their groups and people's key in OpenStack (Nova)."""

import pulumi
from pulumi_openstack import compute

from citycloud_infra.components import kinds

FIXED_AT_BIRTH = ["image_id", "image_name", "user_data"]
"""To the provider a change of these means a new machine. An image that is published anew, or a first instruction that reads differently,
must not replace a whole control plane at once: machines are replaced by name, one after the other (`pulumi up --target-replace`)."""


def server_group(thing: kinds.ServerGroup, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a group that keeps apart while it can: a strict one would refuse machines in a small zone."""
    return compute.ServerGroup(thing.name, name=thing.name, policies="soft-anti-affinity", opts=opts)


def keypair(thing: kinds.Keypair, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Deposit the public half of people's key."""
    return compute.Keypair(thing.name, name=thing.name, public_key=thing.public_key, opts=opts)


def machine(thing: kinds.Machine, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a machine on ports that are there already."""
    return compute.Instance(
        thing.name,
        name=thing.name,
        image_name=thing.image,
        flavor_name=thing.flavor,
        availability_zone=thing.zone,
        key_pair=thing.key,
        networks=[compute.InstanceNetworkArgs(port=port) for port in thing.ports],
        scheduler_hints=[compute.InstanceSchedulerHintArgs(group=thing.group)],
        user_data=thing.user_data,
        config_drive=True,
        metadata=dict(thing.labels),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=FIXED_AT_BIRTH)),
    )
