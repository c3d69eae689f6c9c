"""One pool of like machines: they keep apart from each other, each with a port of its own in the range of the cluster's nodes."""

import dataclasses

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Keys, Part, UserData
from citycloud_infra.model.compute import Cluster, Pool
from citycloud_infra.render.cloud_init import CERTIFICATES, TOKEN

CONTROL_PLANE = "control-plane"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ComputePoolArgs:
    """A pool, the network of its cluster's nodes, and the addresses at which the cluster's API is answered."""

    cluster: Cluster
    pool: Pool
    image: str
    network: pulumi.Input[str]
    subnet4: pulumi.Input[str]
    subnet6: pulumi.Input[str]
    group: pulumi.Input[str]
    api: tuple[str, ...]
    qos: pulumi.Input[str] | None
    key: str | None
    user_data: UserData
    keys: Keys


class ComputePool(Part):
    """The machines of a pool; a machine's name and number stay its own when the pool grows."""

    def __init__(
        self, *, name: str, args: ComputePoolArgs, cloud: Cloud, parent: pulumi.Resource, after: tuple[pulumi.Resource, ...] = ()
    ) -> None:
        super().__init__(kind="ComputePool", name=name, cloud=cloud, parent=parent)
        self._after = after
        self._secrets = pulumi.Output.all(args.keys.token(args.cluster.name), args.keys.certificates(args.cluster.name))
        apart = self.make(kinds.ServerGroup(name=name))
        self.machines = [
            self._machine(name=f"{name}-{index + 1}", index=index, apart=apart.id, args=args) for index in range(args.pool.count)
        ]
        self.register_outputs({})

    def _machine(self, *, name: str, index: int, apart: pulumi.Input[str], args: ComputePoolArgs) -> pulumi.CustomResource:
        pool = args.pool
        port = self.make(
            kinds.Port(
                name=name,
                network=args.network,
                addresses=(kinds.PortAddress(subnet=args.subnet4), kinds.PortAddress(subnet=args.subnet6)),
                groups=(args.group,),
                qos=args.qos,
                also=args.api if CONTROL_PLANE in pool.roles else (),
            )
        )
        machine = kinds.Machine(
            name=name,
            image=args.image,
            flavor=pool.flavor,
            zone=pool.zone,
            ports=(port.id,),
            group=apart,
            user_data=self._filled(args.user_data(args.cluster, pool, index)),
            key=args.key,
            labels={
                "citycloud.cluster": args.cluster.name,
                "citycloud.pool": pool.name,
                "citycloud.location": pool.location,
                "citycloud.roles": " ".join(pool.roles),
            },
        )
        return self.make(machine, after=self._after)

    def _filled(self, text: str) -> pulumi.Output[str]:
        """Put the secrets where the text has their marks; with that it is a secret as a whole."""
        return self._secrets.apply(lambda secrets: text.replace(TOKEN, secrets[0]).replace(CERTIFICATES, secrets[1]))
