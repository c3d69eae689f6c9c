"""Who is who in the laboratory's cloud: the services' user and addresses, once for the templates; new passwords at every start."""

import pathlib
from collections.abc import Mapping
from typing import Final

import openstack.config
from openstack.connection import Connection
from openstack.identity.v3._proxy import Proxy

from citycloud_lab.openstack.layout import CLOUD, REGION, Layout

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "nova": ("compute", "/v2.1"),
    "neutron": ("network", ""),
}
"""From a service to its kind in the catalogue, and to what its address ends with."""
INTERFACES: Final = ("internal", "public", "admin")
USER: Final = "services"
ROLES: Final = ("admin", "service")


def connect(clouds: pathlib.Path) -> Connection:
    """Return a client of the cloud that a file tells of, whatever this process's own environment says."""
    config = openstack.config.OpenStackConfig(config_files=[str(clouds)], load_envvars=False)
    return Connection(config=config.get_one(cloud=CLOUD))


def introduce(connection: Connection, *, layout: Layout) -> None:
    """Make the services' user, their project and the catalogue of their addresses."""
    identity = _third(connection)
    project = identity.create_project(name=USER, domain_id="default")
    user = identity.create_user(name=USER, password=layout.services, domain_id="default", default_project_id=project.id)
    for name in ROLES:
        identity.assign_project_role_to_user(project, user, identity.find_role(name, ignore_missing=False))
    for name, (kind, path) in KINDS.items():
        service = identity.create_service(name=name, type=kind)
        for interface in INTERFACES:
            identity.create_endpoint(service_id=service.id, interface=interface, url=f"{layout.url(name)}{path}", region_id=REGION)


def change_passwords(connection: Connection, *, layout: Layout) -> None:
    """Give the services and the administrator the passwords of this laboratory; the connection is good for nothing afterwards."""
    identity = _third(connection)
    for name, password in ((USER, layout.services), ("admin", layout.administrator)):
        identity.update_user(identity.find_user(name, domain_id="default", ignore_missing=False), password=password)


def _third(connection: Connection) -> Proxy:
    """Return the client of Keystone's third version; to the type checker it may be of the second, which is gone."""
    identity = connection.identity
    if not isinstance(identity, Proxy):
        raise TypeError(f"{type(identity)} is not of version 3")
    return identity
