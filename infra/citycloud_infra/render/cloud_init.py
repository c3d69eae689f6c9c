"""The first instructions of machines, as cloud-config: gateways of a hub, and the nodes of clusters.

They hold no secret. A gateway is only made ready to take its texts, which are put on it while it runs: were they in here, each new site
would mean new gateways, and a city's texts are larger than what a cloud takes. A node joins by a token that stands in a file of mode 0600;
its place in the text is marked, and the target puts the token there as a secret of Pulumi's (`TOKEN`, and `CERTIFICATES` for control planes
of kubeadm). A machine that comes up first joins where the API already answers and begins the cluster only where it does not: so the first
machine, made anew, never begins a second one.

The image brings the distribution in the inventory's version; a machine without it says so and stays out of the cluster. Shared is the API's
address: keepalived gives it to a machine whose API server answers.
"""

from typing import Any, Final

import yaml

from citycloud_infra.model.compute import Cluster, Pool
from citycloud_infra.render.facts import API_PORT, api_addresses, api_endpoint

GATEWAY_PACKAGES: Final = ("bird2", "frr", "frr-pythontools", "keepalived", "nftables", "wireguard-tools")
TOKEN: Final = "@CITYCLOUD_JOIN_TOKEN@"  # noqa: S105 (the place of a token)
CERTIFICATES: Final = "@CITYCLOUD_CERTIFICATE_KEY@"
"""Where the target puts its secrets."""
LOCATION_LABEL: Final = "citycloud.dev/location"
POOL_LABEL: Final = "citycloud.dev/pool"
RESTRICTED: Final = "citycloud.dev/restricted"
TOKEN_FILE: Final = "/etc/citycloud/join-token"  # noqa: S105 (a path)
JOIN: Final = "/usr/local/sbin/citycloud-join"
NEIGHBOURS: Final = """\
net.ipv4.neigh.default.gc_thresh1 = 4096
net.ipv4.neigh.default.gc_thresh2 = 8192
net.ipv4.neigh.default.gc_thresh3 = 16384
net.ipv6.neigh.default.gc_thresh1 = 4096
net.ipv6.neigh.default.gc_thresh2 = 8192
net.ipv6.neigh.default.gc_thresh3 = 16384
"""
"""How many neighbours a machine knows, over all namespaces: with vxlan every tunnel's other end is one; the kernel's own most is 1024."""
SYSCTL_FILE: Final = "/etc/sysctl.d/90-citycloud.conf"
ROUTER: Final = "/etc/citycloud/router"
"""Where a gateway expects its texts (render/__init__.py), and nobody but root looks."""
Content = dict[str, Any]


VRRP: Final = 53
"""The number by which machines of one cluster know each other on their network."""
KEEPALIVED: Final = """\
global_defs {
  script_user root
  enable_script_security
}
vrrp_script api {
  script "/usr/bin/curl --silent --insecure --max-time 2 --output /dev/null https://127.0.0.1:%(port)s/livez"
  interval 3
  fall 2
  rise 1
}
vrrp_instance api {
  state BACKUP
  nopreempt
  interface INTERFACE
  virtual_router_id %(number)s
  virtual_ipaddress {
    %(ipv4)s
  }
  virtual_ipaddress_excluded {
    %(ipv6)s
  }
  track_script {
    api
  }
}
"""
STARTS: Final = """\
#!/bin/sh
# Joins the cluster where its API answers; begins it on the first machine where nothing does.
set -eu
answers() { curl --silent --insecure --max-time 5 --output /dev/null %(endpoint)s/livez; }
if ! command -v %(program)s >/dev/null || ! %(version)s | grep --quiet --fixed-strings '%(wanted)s'; then
  echo "citycloud: this image lacks %(program)s %(wanted)s; the machine joins nothing" >&2
  exit 1
fi
%(shared)sif ! answers && %(first)s; then
  %(begin)s
else
  until answers; do sleep 5; done
  %(join)s
fi
%(afterwards)s"""
SHARED: Final = """\
device=$(ip -oneline route show default | sed --quiet 's/.* dev \\([^ ]*\\).*/\\1/p;q')
sed --in-place "s/interface INTERFACE/interface $device/" /etc/keepalived/keepalived.conf
systemctl enable --now keepalived
"""


def gateway_user_data(*, name: str) -> str:
    """Return the cloud-config of a gateway; its daemons wait for the texts of each segment's namespace."""
    return _config(
        {
            "hostname": name,
            "package_update": True,
            "packages": list(GATEWAY_PACKAGES),
            "write_files": [_file(SYSCTL_FILE, NEIGHBOURS)],
            "runcmd": [
                ["sysctl", "--load", SYSCTL_FILE],
                ["install", "--directory", "--mode=0700", ROUTER],
                ["systemctl", "disable", "--now", "bird.service", "frr.service"],
            ],
        }
    )


def node_user_data(cluster: Cluster, pool: Pool, index: int) -> str:
    """Return the cloud-config of a machine of a pool; `index` counts from 0, and the first of a control plane may begin the cluster."""
    controls = "control-plane" in pool.roles
    settings = _k3s(cluster=cluster, pool=pool) if cluster.distribution == "k3s" else _kubeadm(cluster=cluster, pool=pool)
    files = [_file(TOKEN_FILE, f"{TOKEN}\n", mode="0600"), *settings]
    if controls:
        files.append(_file("/etc/keepalived/keepalived.conf", _keepalived(cluster)))
    files.append(_file(JOIN, _starts(cluster=cluster, pool=pool, first=controls and index == 0), mode="0755"))
    return _config(
        {
            "hostname": f"{cluster.name}-{pool.name}-{index + 1}",
            "package_update": True,
            "packages": ["curl", *(["keepalived"] if controls else [])],
            "write_files": files,
            "runcmd": [[JOIN]],
        }
    )


def labels(pool: Pool) -> dict[str, str]:
    """Return the labels of a pool's nodes."""
    return {LOCATION_LABEL: pool.location, POOL_LABEL: pool.name}


def taints(pool: Pool) -> list[Content]:
    """Return what keeps pods off a pool's nodes."""
    found: list[Content] = []
    if pool.restricted:
        found.append({"key": RESTRICTED, "value": "true", "effect": "NoSchedule"})
    if "worker" not in pool.roles:
        found.append({"key": "node-role.kubernetes.io/control-plane", "value": "true", "effect": "NoSchedule"})
    return found


def _k3s(*, cluster: Cluster, pool: Pool) -> list[Content]:
    """K3s reads every file of this folder; whether a machine joins or begins is added as one more."""
    config: Content = {
        "token-file": TOKEN_FILE,
        "node-label": [f"{name}={value}" for name, value in labels(pool).items()],
    }
    if found := taints(pool):
        config["node-taint"] = [f"{taint['key']}={taint['value']}:{taint['effect']}" for taint in found]
    if "control-plane" in pool.roles:
        config |= {
            "cluster-cidr": f"{cluster.pod_range},{cluster.pod_range6}",
            "service-cidr": f"{cluster.service_range},{cluster.service_range6}",
            "tls-san": [str(address) for address in api_addresses(cluster)],
            "disable": ["servicelb", "traefik"],
        }
    return [_file("/etc/rancher/k3s/config.yaml", _dumped(config))]


def _kubeadm(*, cluster: Cluster, pool: Pool) -> list[Content]:
    registration = {
        "kubeletExtraArgs": [{"name": "node-labels", "value": ",".join(f"{name}={value}" for name, value in labels(pool).items())}],
        "taints": taints(pool),
    }
    join: Content = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "JoinConfiguration",
        "discovery": {
            "bootstrapToken": {"token": TOKEN, "apiServerEndpoint": _host(cluster), "unsafeSkipCAVerification": True},
        },
        "nodeRegistration": registration,
    }
    if "control-plane" not in pool.roles:
        return [_file("/etc/citycloud/join.yaml", _dumped(join), mode="0600")]
    begin = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "bootstrapTokens": [{"token": TOKEN, "ttl": "0s"}],
        "certificateKey": CERTIFICATES,
        "nodeRegistration": registration,
    }
    whole = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "clusterName": cluster.name,
        "kubernetesVersion": cluster.version.partition("+")[0],
        "controlPlaneEndpoint": _host(cluster),
        "networking": {
            "podSubnet": f"{cluster.pod_range},{cluster.pod_range6}",
            "serviceSubnet": f"{cluster.service_range},{cluster.service_range6}",
        },
    }
    return [
        _file("/etc/citycloud/join.yaml", _dumped(join | {"controlPlane": {"certificateKey": CERTIFICATES}}), mode="0600"),
        _file("/etc/citycloud/begin.yaml", f"{_dumped(begin)}---\n{_dumped(whole)}", mode="0600"),
    ]


def _starts(*, cluster: Cluster, pool: Pool, first: bool) -> str:
    controls = "control-plane" in pool.roles
    k3s = cluster.distribution == "k3s"
    own = "/etc/rancher/k3s/config.yaml.d"
    more = f"mkdir --parents {own} && echo '%s' > {own}/join.yaml"
    return STARTS % {
        "endpoint": api_endpoint(cluster),
        "program": cluster.distribution,
        "version": "k3s --version" if k3s else "kubeadm version --output short",
        "wanted": cluster.version if k3s else cluster.version.partition("+")[0],
        "shared": SHARED if controls else "",
        "first": "true" if first else "false",
        "begin": more % "cluster-init: true" if k3s else "kubeadm init --config /etc/citycloud/begin.yaml --upload-certs",
        "join": more % f"server: {api_endpoint(cluster)}" if k3s else "kubeadm join --config /etc/citycloud/join.yaml",
        "afterwards": f"systemctl enable --now {'k3s' if controls else 'k3s-agent'}\n" if k3s else "",
    }


def _keepalived(cluster: Cluster) -> str:
    four, six = api_addresses(cluster)
    return KEEPALIVED % {"port": API_PORT, "number": VRRP, "ipv4": f"{four}/32", "ipv6": f"{six}/128"}


def _host(cluster: Cluster) -> str:
    return f"{api_addresses(cluster)[0]}:{API_PORT}"


def _file(path: str, text: str, *, mode: str = "0644") -> Content:
    return {"path": path, "permissions": mode, "content": text}


def _config(content: Content) -> str:
    return f"#cloud-config\n{_dumped(content)}"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are."""

    def represent_scalar(self, tag: str, value: str, style: str | None = None) -> yaml.ScalarNode:
        """Write one value."""
        return super().represent_scalar(tag, value, "|" if "\n" in value else style)


def _dumped(content: Content) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=200)
