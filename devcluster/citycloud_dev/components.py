"""The command line of each component of the control plane."""

import pathlib
from typing import Final

from citycloud_dev.admission import admission_arguments
from citycloud_dev.certificates import CertificateAuthority
from citycloud_dev.layout import Layout, Ports

DATA: Final = pathlib.Path(__file__).resolve().parent / "data"
SERVICE_RANGE: Final = "10.96.0.0/16,fd00:10:96::/112"
READS_AT_ONCE: Final = 160
WRITES_AT_ONCE: Final = 80
"""For two cores; the priority levels share the sum, and with the default of 400 and 200 tenants would have three seats
(docs/control-plane.md)."""
NODE_ADDRESS: Final = "10.0.0.1"
"""The host address of every pod that kwok plays."""


def etcd(*, layout: Layout, ports: Ports, authority: CertificateAuthority) -> list[str]:
    """Start etcd without fsync: a development store may lose its last seconds, a test must not wait for a disk."""
    server, gateway = authority.server(name="etcd", hosts=()), authority.user(name="etcd-gateway")
    client_url, peer_url = f"https://127.0.0.1:{ports.etcd}", f"http://127.0.0.1:{ports.etcd_peer}"
    return [
        "--name=citycloud",
        f"--data-dir={layout.folder / 'etcd'}",
        f"--listen-client-urls={client_url}",
        f"--advertise-client-urls={client_url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=citycloud={peer_url}",
        f"--cert-file={server.certificate}",
        f"--key-file={server.key}",
        "--client-cert-auth",
        f"--client-cert-file={gateway.certificate}",  # etcd's own JSON gateway asks etcd like any other client
        f"--client-key-file={gateway.key}",
        f"--trusted-ca-file={authority.files.certificate}",
        "--unsafe-no-fsync",
        "--quota-backend-bytes=8589934592",
        "--auto-compaction-retention=5m",
        "--log-level=warn",
    ]


def api_server(*, layout: Layout, ports: Ports, authority: CertificateAuthority, binary: pathlib.Path) -> list[str]:
    """Serve the API on loopback with RBAC and an audit log; every caller shows a certificate or a token of a service account."""
    server = authority.server(name="kube-apiserver", hosts=("kubernetes", "kubernetes.default.svc"))
    client = authority.user(name="kube-apiserver-etcd-client")
    key = authority.service_account_key()
    return [
        f"--secure-port={ports.api_server}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={server.certificate}",
        f"--tls-private-key-file={server.key}",
        f"--client-ca-file={authority.files.certificate}",
        "--anonymous-auth=false",
        f"--etcd-servers=https://127.0.0.1:{ports.etcd}",
        f"--etcd-cafile={authority.files.certificate}",
        f"--etcd-certfile={client.certificate}",
        f"--etcd-keyfile={client.key}",
        "--allow-privileged=true",  # as on every real cluster: it is Pod Security that refuses
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--audit-log-path={layout.audit_log}",
        f"--audit-policy-file={DATA / 'audit-policy.yaml'}",
        "--audit-log-maxsize=200",
        "--audit-log-maxbackup=2",
        f"--max-requests-inflight={READS_AT_ONCE}",
        f"--max-mutating-requests-inflight={WRITES_AT_ONCE}",
        "--profiling=false",
        *admission_arguments(layout=layout, binary=binary),
    ]


def controller_manager(*, layout: Layout, ports: Ports, authority: CertificateAuthority, kubeconfig: pathlib.Path) -> list[str]:
    """Run the controllers that citycloud relies on: namespaces, quota, service accounts, workloads, garbage collection."""
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--cert-dir={layout.folder / 'controller-manager'}",
        f"--secure-port={ports.controller_manager}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        f"--root-ca-file={authority.files.certificate}",
        f"--service-account-private-key-file={authority.service_account_key()}",
        "--use-service-account-credentials=true",
        "--profiling=false",
    ]


def scheduler(*, layout: Layout, ports: Ports, kubeconfig: pathlib.Path) -> list[str]:
    """Place pods on the fake nodes as on real ones."""
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--cert-dir={layout.folder / 'scheduler'}",
        f"--secure-port={ports.scheduler}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--profiling=false",
    ]


def kwok(*, kubeconfig: pathlib.Path) -> list[str]:
    """Play the kubelets of the nodes that carry kwok's annotation."""
    return [
        f"--kubeconfig={kubeconfig}",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        f"--config={DATA / 'kwok-stages.yaml'}",
        "--node-lease-duration-seconds=40",
        "--cidr=10.244.0.0/16",
        f"--node-ip={NODE_ADDRESS}",
    ]
