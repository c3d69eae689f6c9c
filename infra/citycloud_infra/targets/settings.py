"""The settings of a cloud and of its runs: from a file for the command line, from the stack's own configuration for plain `pulumi`."""

import pathlib
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import pulumi
import pydantic
import yaml
from pydantic import StringConstraints

from citycloud_infra.components.cloud import Settings
from citycloud_infra.model.base import IPv4NetworkText, IPv6NetworkText, Name, Part, field

PROJECT: Final = "citycloud"
"""The project in Pulumi.yaml, and with it the first part of every key."""
ExternalText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,14}=[^\s=]{1,255}$")]


class SettingsUnreadable(Exception):
    """The settings are not what they should be; the message names each field."""


class CloudSettings(Part):
    """The file of settings; the keys of a stack's configuration are the same."""

    target: Literal["plan", "openstack"] = field("Who makes things: nobody (it only counts), or OpenStack.", default="openstack")
    gateway_flavor: str = field("The size of the gateway machines, by its name in the cloud.", min_length=1, max_length=255)
    gateways: int = field("Gateway machines a data centre; 0 where the network team has its own.", ge=0, le=4, default=2)
    external: tuple[ExternalText, ...] = field(
        "Carriers whose external network has another name than theirs, as carrier=network.", default=(), max_length=20
    )
    access: tuple[Name, ...] = field("Segments that the cloud's own routers reach at every site.", default=("management",), max_length=6)
    api_from: tuple[IPv4NetworkText | IPv6NetworkText, ...] = field(
        "Ranges outside the city that reach the clusters' API.", default=(), max_length=20
    )
    dns: tuple[str, ...] = field("Resolvers for machines.", default=(), max_length=6)
    ssh_key: str = field("The public key with which people enter machines; none where nobody does.", default="", max_length=2000)
    node_class: str = field("The class of traffic that nodes' packets are marked with; none by default.", default="", max_length=40)
    bgp: bool = field("Whether the cloud tells the gateways its addresses; not every provider plugin can.", default=False)
    protected: bool = field("Whether data centres and keys can only be removed after this was switched off.", default=True)

    def settings(self) -> Settings:
        """Return them as components want them."""
        plain = self.model_dump(exclude={"target", "external"})
        return Settings(project=PROJECT, external=dict(each.split("=", 1) for each in self.external), **plain)


def read_settings(path: pathlib.Path) -> CloudSettings:
    """Read a file of settings. Raise SettingsUnreadable."""
    try:
        return parse_settings(yaml.safe_load(path.read_text("utf-8")), source=str(path))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsUnreadable(f"không đọc được {path} / cannot read {path}: {error}") from error


def configured() -> CloudSettings:
    """Read the configuration of the stack that is being run. Raise SettingsUnreadable."""
    config = pulumi.Config(PROJECT)
    kinds: dict[str, Any] = {name: each.annotation for name, each in CloudSettings.model_fields.items()}
    told = {each.alias: _told(config=config, key=str(each.alias), kind=kinds[name]) for name, each in CloudSettings.model_fields.items()}
    return parse_settings({key: value for key, value in told.items() if value is not None}, source=f"Pulumi.{pulumi.get_stack()}.yaml")


def parse_settings(content: Any, *, source: str) -> CloudSettings:
    """Check settings. Raise SettingsUnreadable."""
    try:
        return CloudSettings.model_validate(content if isinstance(content, Mapping) else {})
    except pydantic.ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
        raise SettingsUnreadable(f"thiết lập sai trong {source} / wrong settings in {source}: {wrong}") from error


def _told(*, config: pulumi.Config, key: str, kind: Any) -> Any:
    """Return what the configuration says: its values are text, and lists and numbers are text in JSON."""
    return config.get_object(key) if kind is not str and "Literal" not in str(kind) else config.get(key)
