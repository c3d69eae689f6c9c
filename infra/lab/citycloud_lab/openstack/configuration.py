"""The services' configuration files (pure): what differs from OpenStack's own defaults, and nothing else."""

import configparser
import io
import pathlib
from collections.abc import Mapping
from typing import Final

from citycloud_lab.openstack.layout import REGION, Layout

Sections = Mapping[str, Mapping[str, object]]
UNLIMITED: Final = -1
NETWORK_QUOTAS: Final = ("network", "subnet", "port", "router", "security_group", "security_group_rule", "floatingip")
VPN_QUOTAS: Final = ("vpnservice", "ipsec_site_connection", "ikepolicy", "ipsecpolicy", "endpoint_group")
COMPUTE_QUOTAS: Final = ("instances", "cores", "ram", "server_groups", "server_group_members", "key_pairs")
PLUGINS: Final = ("router", "qos", "segments", "network_ip_availability", "timestamp", "tag", "revisions", "vpnaas")
VPN: Final = "VPN:lab:neutron_vpnaas.services.vpn.service_drivers.ipsec.IPsecVPNDriver:default"
BUS: Final = "fake://"
"""A message bus in the process's own memory."""


def configurations(layout: Layout, *, environment: pathlib.Path) -> dict[str, str]:
    """Return each file's text by its path below the folder of settings; `environment` is where OpenStack is installed."""
    files: dict[str, Sections] = {
        "keystone/keystone.conf": _keystone(layout),
        "placement/placement.conf": _placement(layout),
        "glance/glance-api.conf": _glance(layout, environment=environment),
        "nova/nova.conf": _nova(layout, environment=environment),
        "neutron/neutron.conf": _neutron(layout, environment=environment),
        "neutron/ml2.ini": _ml2(),
    }
    return {path: _text(sections) for path, sections in files.items()}


def _keystone(layout: Layout) -> Sections:
    return {
        "DEFAULT": {"log_file": layout.logs / "keystone.log"},
        "database": {"connection": _database(layout, "keystone")},
        "identity": {"password_hash_rounds": 4},
        "fernet_tokens": {"key_repository": layout.data / "keys" / "tokens"},
        "fernet_receipts": {"key_repository": layout.data / "keys" / "tokens"},
        "credential": {"key_repository": layout.data / "keys" / "credentials"},
        "cache": {"enabled": True, "backend": "oslo_cache.dict"},
    }


def _placement(layout: Layout) -> Sections:
    return {
        "DEFAULT": {"log_file": layout.logs / "placement.log"},
        "placement_database": {"connection": _database(layout, "placement")},
        "keystone_authtoken": _service(layout),
    }


def _glance(layout: Layout, *, environment: pathlib.Path) -> Sections:
    return {
        "DEFAULT": {"log_file": layout.logs / "glance.log", "enabled_backends": "folder:file", "enabled_import_methods": "[]"},
        "database": {"connection": _database(layout, "glance")},
        "glance_store": {"default_backend": "folder"},
        "folder": {"filesystem_store_datadir": layout.data / "images"},
        "paste_deploy": {"flavor": "keystone", "config_file": environment / "etc" / "glance" / "glance-api-paste.ini"},
        "keystone_authtoken": _service(layout),
    }


def _nova(layout: Layout, *, environment: pathlib.Path) -> Sections:
    client = {**_service(layout), "valid_interfaces": "internal"}
    return {
        "DEFAULT": {
            "log_file": layout.logs / "nova.log",
            "state_path": layout.data / "nova",
            "my_ip": "127.0.0.1",
            "host": "lab",
            "transport_url": BUS,
            "compute_driver": "fake.FakeDriver",
            "vif_plugging_is_fatal": False,
            "vif_plugging_timeout": 0,
        },
        "wsgi": {"api_paste_config": environment / "etc" / "nova" / "api-paste.ini"},
        "api_database": {"connection": _database(layout, "nova_api")},
        "database": {"connection": _database(layout, "nova")},
        "oslo_concurrency": {"lock_path": layout.data / "locks"},
        "scheduler": {"workers": 1},
        "conductor": {"workers": 1},
        "vnc": {"enabled": False},
        "quota": dict.fromkeys(COMPUTE_QUOTAS, UNLIMITED),
        "glance": client,
        "placement": client,
        "neutron": client,
        "service_user": {**client, "send_service_user_token": True},
        "keystone_authtoken": _service(layout),
    }


def _neutron(layout: Layout, *, environment: pathlib.Path) -> Sections:
    return {
        "DEFAULT": {
            "log_file": layout.logs / "neutron.log",
            "core_plugin": "ml2",
            "service_plugins": ",".join(PLUGINS),
            "api_paste_config": environment / "etc" / "neutron" / "api-paste.ini",
            "transport_url": BUS,
            "state_path": layout.data / "neutron",
            "api_workers": 0,
            "rpc_workers": 0,
            "rpc_state_report_workers": 0,
            "dhcp_agent_notification": False,
            "notify_nova_on_port_status_changes": False,
            "notify_nova_on_port_data_changes": False,
        },
        "database": {"connection": _database(layout, "neutron")},
        "oslo_concurrency": {"lock_path": layout.data / "locks"},
        "quotas": dict.fromkeys((f"quota_{name}" for name in (*NETWORK_QUOTAS, *VPN_QUOTAS)), UNLIMITED),
        "service_providers": {"service_provider": VPN},
        "placement": _service(layout),
        "nova": _service(layout),
        "keystone_authtoken": _service(layout),
    }


def _ml2() -> Sections:
    return {
        "ml2": {
            "type_drivers": "flat,vxlan",
            "tenant_network_types": "vxlan",
            "mechanism_drivers": "citycloud",
            "extension_drivers": "port_security,qos",
        },
        "ml2_type_flat": {"flat_networks": "*"},
        "ml2_type_vxlan": {"vni_ranges": "10000:19999"},
    }


def _service(layout: Layout) -> dict[str, object]:
    """Return how services introduce themselves to each other."""
    return {
        "www_authenticate_uri": f"{layout.url('keystone')}/v3",
        "auth_url": f"{layout.url('keystone')}/v3",
        "auth_type": "password",
        "username": "services",
        "password": layout.services,
        "project_name": "services",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "region_name": REGION,
    }


def _database(layout: Layout, name: str) -> str:
    return f"sqlite:///{layout.database(name)}"


def _text(sections: Sections) -> str:
    parser = configparser.RawConfigParser(default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names as they are
    parser.read_dict({name: {key: str(value) for key, value in options.items()} for name, options in sections.items()})
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()
