"""Pods with one fault each: what a tenant may try, and which policy says no.

A fault is what differs from a container that keeps to everything. It is put into each list of containers in turn; ephemeral containers know
neither ports nor probes, so those stand apart.
"""

import copy
from typing import Any

Object = dict[str, Any]
DIGEST = "@sha256:" + "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
REPOSITORY = "registry.test.example/so-y-te/web"
LISTS = ("containers", "initContainers", "ephemeralContainers")
SPEAKS_FIRST = {"P03": "violates PodSecurity"}
"""What Kubernetes itself says where it is asked before a policy of ours."""


def _security(**changes: Any) -> Object:
    return {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}} | changes}


def _adds(name: str) -> Object:
    return _security(capabilities={"drop": ["ALL"], "add": [name]})


FAULTS: dict[str, tuple[str, Object]] = {
    "privileged": ("P03", _security(privileged=True, allowPrivilegeEscalation=True)),
    "may escalate": ("P03", _security(allowPrivilegeEscalation=True)),
    "adds SYS_ADMIN": ("P03", _adds("SYS_ADMIN")),
    "adds NET_ADMIN": ("P03", _adds("NET_ADMIN")),
    "adds NET_RAW": ("P03", _adds("NET_RAW")),
    "adds SYS_PTRACE": ("P03", _adds("SYS_PTRACE")),
    "adds everything": ("P03", _adds("ALL")),
    "drops one capability": ("P03", _security(capabilities={"drop": ["NET_RAW"]})),
    "may be root": ("P03", _security(runAsNonRoot=False)),
    "is root": ("P03", _security(runAsUser=0)),
    "no filter of system calls": ("P03", _security(seccompProfile={"type": "Unconfined"})),
    "no AppArmor": ("P03", _security(appArmorProfile={"type": "Unconfined"})),
    "SELinux type": ("P03", _security(seLinuxOptions={"type": "spc_t"})),
    "SELinux user": ("P03", _security(seLinuxOptions={"user": "system_u"})),
    "SELinux role": ("P03", _security(seLinuxOptions={"role": "system_r"})),
    "foreign registry": ("P04", {"image": "registry.evil.example/web" + DIGEST}),
    "Docker Hub unsaid": ("P04", {"image": "web" + DIGEST}),
    "look-alike suffix": ("P04", {"image": "registry.test.example.evil.example/web" + DIGEST}),
    "look-alike prefix": ("P04", {"image": "xregistry.test.example/web" + DIGEST}),
    "another port": ("P04", {"image": "registry.test.example:5001/web" + DIGEST}),
    "user name": ("P04", {"image": "x@registry.test.example/web" + DIGEST}),
    "upper case": ("P04", {"image": "Registry.test.example/web" + DIGEST}),
    "tag only": ("P05", {"image": REPOSITORY + ":1.4.2"}),
    "latest": ("P06", {"image": REPOSITORY + ":latest"}),
    "no tag": ("P06", {"image": REPOSITORY}),
    "never pulled": ("P07", {"imagePullPolicy": "Never"}),
    "secret as a variable": ("P28", {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "a"}}}]}),
    "secrets as variables": ("P28", {"envFrom": [{"secretRef": {"name": "a"}}]}),
}

TRICKS = {
    "path upwards": "registry.test.example/../evil/web" + DIGEST,
    "empty part of the path": "registry.test.example//web" + DIGEST,
    "host alone": "registry.test.example" + DIGEST,
    "port that is none": "registry.test.example:/web" + DIGEST,
    "user name before another host": "registry.test.example/a@registry.evil.example/web" + DIGEST,
    "user name and password": "registry.test.example:secret@registry.evil.example/web" + DIGEST,
    "dot at the end": "registry.test.example./web" + DIGEST,
    "scheme": "https://registry.test.example/web" + DIGEST,
    "upper case in the path": "registry.test.example/So-Y-Te/web" + DIGEST,
    "letters that look the same": "registry.tеst.example/web" + DIGEST,
    "digest too short": REPOSITORY + DIGEST[:-1],
    "digest too long": REPOSITORY + DIGEST + "0",
    "digest in upper case": REPOSITORY + DIGEST.replace("d", "D"),
    "another algorithm": REPOSITORY + "@sha512:" + "0" * 128,
    "two digests": REPOSITORY + DIGEST + DIGEST,
    "tag after the digest": REPOSITORY + DIGEST + ":1.4.2",
}
EXACT = (
    "registry.test.example/web",
    REPOSITORY,
    REPOSITORY + ":1.4.2",
    "registry.test.example:5000/web",
    "registry.test.example/a/b-c/d_e.f",
)

EXOTIC_VOLUMES: dict[str, tuple[str, Object]] = {
    "host path": ("P03", {"hostPath": {"path": "/"}}),
    "nfs": ("P03", {"nfs": {"server": "10.0.0.9", "path": "/"}}),
    "iscsi": ("P03", {"iscsi": {"targetPortal": "10.0.0.9:3260", "iqn": "iqn.2026-01.example:a", "lun": 0}}),
    "cephfs": ("P03", {"cephfs": {"monitors": ["10.0.0.9"]}}),
    "rbd": ("P03", {"rbd": {"monitors": ["10.0.0.9"], "image": "a"}}),
    "glusterfs": ("P03", {"glusterfs": {"endpoints": "a", "path": "a"}}),
    "fibre channel": ("P03", {"fc": {"targetWWNs": ["500a0982991b8dc5"], "lun": 2}}),
    "flex": ("P03", {"flexVolume": {"driver": "example.test/lvm"}}),
    "git": ("P03", {"gitRepo": {"repository": "https://evil.example/a.git"}}),
    "inline csi": ("P26", {"csi": {"driver": "csi.test.example"}}),
    "image": ("P04", {"image": {"reference": "registry.evil.example/data" + DIGEST}}),
    "foreign class": (
        "P26",
        {
            "ephemeral": {
                "volumeClaimTemplate": {
                    "spec": {
                        "storageClassName": "other-tenant",
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "1Gi"}},
                    }
                }
            }
        },
    ),
}


def container(name: str = "web", **changes: Any) -> Object:
    """Make a container that keeps to everything, but for the changes."""
    return copy.deepcopy({"name": name, "image": REPOSITORY + DIGEST, "imagePullPolicy": "Always", **_security()} | changes)


def pod_spec(**changes: Any) -> Object:
    """Make the spec of a pod that keeps to everything, but for the changes."""
    spec = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container()],
    }
    return copy.deepcopy(spec | changes)


def pod(namespace: str, name: str, **changes: Any) -> Object:
    """Make such a pod."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name}, "spec": pod_spec(**changes)}


def says(message: str, policy: str) -> bool:
    """Tell whether a text names the policy, or is what Kubernetes itself says of the same danger."""
    return f"{policy} " in message or SPEAKS_FIRST.get(policy, f"{policy} ") in message
