"""A volume that would be filled from a neighbour's namespace (T25, P25).

The field is there only where the feature CrossNamespaceVolumeDataSource (alpha, KEP-3294) is on; without it the API server takes the source
out before any policy is asked. So a second API server, which knows the field, is put before the same store.
"""

import dataclasses
import pathlib
from collections.abc import Iterator

import pytest
import yaml
from tests.policies.conftest import ROLES, Bracket
from tests.support.attack import refused_by
from tests.support.caller import Caller, Object
from tests.support.kube import eventually
from tests.support.objects import STORAGE_CLASS

from citycloud_dev.cluster import Cluster
from citycloud_dev.components import api_server
from citycloud_dev.layout import Layout
from citycloud_dev.processes import Process, free_ports

NAMESPACE, NEIGHBOUR = "so-y-te--ho-so--app", "so-tai-chinh--ho-so--app"
PATH = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"


def claim(*, source_in: str = "") -> Object:
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "yesterday"}
    if source_in:
        source["namespace"] = source_in
    size = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": STORAGE_CLASS, "resources": size, "dataSourceRef": source}
    metadata = {"name": "copy", "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


@pytest.fixture
def knowing(place: str, cluster: Cluster, tmp_path: pathlib.Path) -> Iterator[Caller]:
    """The operator of the department, at an API server that knows of sources in other namespaces."""
    layout, ports = Layout(folder=tmp_path), dataclasses.replace(cluster.ports, api_server=free_ports(1)[0])
    layout.make_folders()
    binary = cluster.assets["kube-apiserver"]
    arguments = api_server(layout=layout, ports=ports, authority=cluster.authority, binary=binary)
    command = [str(binary), *arguments, "--feature-gates=CrossNamespaceVolumeDataSource=true"]
    process = Process(name="kube-apiserver-2", command=command, log=layout.logs / "kube-apiserver.log")
    name, groups = ROLES["operator"]
    config = yaml.safe_load(cluster.kubeconfig(user=name, groups=groups).read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{ports.api_server}"
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    caller = Caller(kubeconfig=kubeconfig)
    try:
        eventually(lambda: _ready(caller), what="the second API server", seconds=60)
        yield caller
    finally:
        caller.close()
        process.stop(gracefully=False)


def _ready(caller: Caller) -> bool:
    try:
        return caller.call("GET", "/readyz").code == 200
    except OSError:  # nobody listens yet, or hangs up
        return False


@pytest.mark.attack("T25")
def test_no_volume_is_filled_from_a_neighbour(bracket: Bracket, knowing: Caller) -> None:
    with bracket("operator", claim()):
        own = knowing.call("POST", PATH, claim(source_in=NAMESPACE), dry_run=True)
        assert own.code == 201, own.message
        assert own.body["spec"]["dataSourceRef"]["namespace"] == NAMESPACE
        refused_by(knowing.call("POST", PATH, claim(source_in=NEIGHBOUR)), "P25")


@pytest.mark.attack("T25")
def test_nothing_of_a_neighbours_source_is_left_where_the_field_is_unknown(bracket: Bracket) -> None:
    with bracket("operator", claim()) as operator:
        answer = operator.call("POST", PATH, claim(source_in=NEIGHBOUR), dry_run=True)
        assert answer.code == 201, answer.message
        assert NEIGHBOUR not in str(answer.body["spec"])
