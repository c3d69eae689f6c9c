"""Every text of the city, by its path (the package says which)."""

import collections
from collections.abc import Iterator, Mapping
from typing import Final

from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.bird import bird_conf
from citycloud_infra.render.cloud_init import gateway_user_data, node_user_data
from citycloud_infra.render.drawing import draw
from citycloud_infra.render.edge import local_ruleset, underlay_ruleset
from citycloud_infra.render.facts import facts_document, facts_text
from citycloud_infra.render.frr import frr_conf
from citycloud_infra.render.interfaces import links_batch, local_batch, local_segments, rules_batch, segment_batch, underlay_batch
from citycloud_infra.render.nftables import segment_ruleset
from citycloud_infra.render.prometheus import prometheus_texts
from citycloud_infra.render.tc import segment_batch as segment_tc
from citycloud_infra.render.tc import underlay_batch as underlay_tc
from citycloud_infra.render.view import Router, routers
from citycloud_infra.render.wireguard import Keys, interface_conf

SYSCTL: Final = """\
net.ipv4.ip_forward = 1
net.ipv6.conf.all.forwarding = 1
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.default.rp_filter = 0
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.all.send_redirects = 0
net.ipv6.conf.all.accept_redirects = 0
"""
"""For every namespace; nftables checks sources, more closely than the kernel could."""


def render_city(plan: CityPlan, *, keys: Keys | None = None) -> dict[str, str]:
    """Write everything, by path; what holds public keys is left out where there are none. Raise Unrenderable, MissingKey."""
    texts = router_texts(plan=plan, keys=keys) | prometheus_texts(plan) | machine_texts(plan)
    return texts | {"facts.json": facts_text(facts_document(plan)), "wan.svg": draw(plan)}


def machine_texts(plan: CityPlan) -> dict[str, str]:
    """Write the first instructions of one machine a hub, and of the first machine of each pool."""
    pools = {pool.name: pool for pool in plan.inventory.compute.pools}
    texts = {f"machines/{hub.name}-gateway.yaml": gateway_user_data(name=f"{hub.name}-gateway") for hub in plan.inventory.hubs}
    return texts | {
        f"machines/{cluster.name}-{name}.yaml": node_user_data(cluster, pools[name], 0)
        for cluster in plan.inventory.compute.clusters
        for name in cluster.pools
    }


def router_texts(*, plan: CityPlan, keys: Keys | None) -> dict[str, str]:
    """Write the texts of every node, by path."""
    by_node: dict[str, list[Router]] = collections.defaultdict(list)
    for router in routers(plan):
        by_node[router.node].append(router)
    nodes = [*plan.hubs, *plan.sites]
    return dict(sorted(each for node in nodes for each in _node(plan=plan, node=node, routers_=by_node[node], keys=keys)))


def _node(*, plan: CityPlan, node: str, routers_: list[Router], keys: Keys | None) -> Iterator[tuple[str, str]]:
    yield from _underlay(plan=plan, node=node, routers_=routers_).items()
    for router in routers_:
        yield f"{router.folder}/sysctl.conf", SYSCTL
        yield f"{router.folder}/interfaces.batch", segment_batch(plan=plan, router=router)
        yield f"{router.folder}/nftables.nft", segment_ruleset(plan=plan, router=router)
        yield f"{router.folder}/tc.batch", segment_tc(plan=plan, router=router)
        if router.daemon == "frr":
            yield f"{router.folder}/frr.conf", frr_conf(plan=plan, router=router)
        else:
            yield f"{router.folder}/bird.conf", bird_conf(plan=plan, router=router)
        if keys is not None and plan.inventory.overlay.technique == "wireguard":
            for peer in router.peers:
                text = interface_conf(plan=plan, router=router, peer=peer, keys=keys)
                yield f"{router.folder}/wireguard/{peer.interface}.conf", text
    if node in plan.sites:
        site = plan.sites[node]
        for segment in local_segments(plan=plan, site=site):
            yield f"{node}/{segment.name}/sysctl.conf", SYSCTL
            yield f"{node}/{segment.name}/interfaces.batch", local_batch(plan=plan, site=site, segment=segment)
            yield f"{node}/{segment.name}/nftables.nft", local_ruleset(plan=plan, site=site, segment=segment)


def _underlay(*, plan: CityPlan, node: str, routers_: list[Router]) -> Mapping[str, str]:
    segments = [router.segment for router in routers_]
    folder = f"{node}/underlay"
    texts = {
        f"{folder}/sysctl.conf": SYSCTL,
        f"{folder}/links.batch": links_batch(plan=plan, routers=routers_),
        f"{folder}/rules.batch": rules_batch(plan=plan, node=node),
        f"{folder}/nftables.nft": underlay_ruleset(plan=plan, node=node, routers=routers_),
    }
    if node in plan.sites:
        site = plan.sites[node]
        local = local_segments(plan=plan, site=site)
        segments += local
        if local:
            texts[f"{folder}/interfaces.batch"] = underlay_batch(plan=plan, site=site)
    texts[f"{folder}/tc.batch"] = underlay_tc(plan=plan, node=node, segments=segments)
    return texts
