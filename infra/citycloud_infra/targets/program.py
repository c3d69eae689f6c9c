"""The program of one stack: what `pulumi up`, the Automation API and the recording of a plan all run."""

import dataclasses
from collections.abc import Callable
from typing import Final

import pulumi

from citycloud_infra.components.city_wan import CityWan, CityWanArgs, key_of
from citycloud_infra.components.cloud import Cloud, Keys, Settings, UserData
from citycloud_infra.components.kubernetes_cluster import KubernetesCluster, KubernetesClusterArgs
from citycloud_infra.components.links import Backbone
from citycloud_infra.components.site import Site, SiteArgs
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.stacks import BACKBONE, COMPUTE, reference, sites_of

KEYS: Final = "keys"
"""The export from which site routers get their pre-shared keys; a secret, as they are."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class City:
    """Everything that the programs of a city's stacks share; `keys` is asked within a program, where secrets can be read."""

    plan: CityPlan
    settings: Settings
    cloud: Cloud
    keys: Callable[[], Keys]
    user_data: UserData


def build(*, stack: str, city: City) -> None:
    """Make what a stack holds. Raise UnknownStack (model/stacks.py)."""
    sites = sites_of(inventory=city.plan.inventory, stack=stack)
    if stack == BACKBONE:
        CityWan(args=CityWanArgs(plan=city.plan, settings=city.settings), cloud=city.cloud).export()
    elif stack == COMPUTE:
        _compute(city)
    elif sites:
        backbone, keys = _backbone(city), city.keys()
        hubs = {hub.name: backbone.hub(name=hub.name, carriers=[line.carrier for line in hub.uplinks]) for hub in city.plan.inventory.hubs}
        told: dict[str, pulumi.Output[str]] = {}
        for site in sites:
            args = SiteArgs(plan=city.plan, site=site, links=hubs, keys=keys, settings=city.settings)
            told |= Site(name=f"{city.plan.inventory.city}-site-{site.name}", args=args, cloud=city.cloud).keys
        pulumi.export(KEYS, told)


def _compute(city: City) -> None:
    inventory, settings = city.plan.inventory, city.settings
    backbone, keys = _backbone(city), city.keys()
    qos = backbone.traffic_class(settings.node_class) if settings.node_class else None
    hubs = {name: backbone.hub(name=name, carriers=()) for name in sorted({cluster.hub for cluster in inventory.compute.clusters})}
    for cluster in inventory.compute.clusters:
        args = KubernetesClusterArgs(
            plan=city.plan,
            cluster=cluster,
            links=hubs[cluster.hub],
            qos=qos,
            key=key_of(city=inventory.city, settings=settings),
            user_data=city.user_data,
            keys=keys,
            settings=settings,
        )
        made = KubernetesCluster(name=f"{inventory.city}-k8s-{cluster.name}", args=args, cloud=city.cloud)
        pulumi.export(f"cluster-{cluster.name}", made.outputs)


def _backbone(city: City) -> Backbone:
    return Backbone(stack=reference(project=city.settings.project, stack=BACKBONE))
