"""A check of every resource's inputs: their names and types against the provider SDK's own, what the types leave open against OpenStack's.

Pulumi's mocks take anything. This is called with each recorded resource before it is answered, and what it raises fails the program.
"""

import collections.abc
import functools
import importlib
import inspect
import ipaddress
import re
import typing
from collections.abc import Mapping
from typing import Any, Final

from pulumi import _types
from tests.infra import enumerations as known

from citycloud_infra.targets.recording import Node

PACKAGE: Final = "openstack:"
COMPONENTS: Final = "citycloud:infra:"
REFERENCE: Final = "pulumi:pulumi:StackReference"
UNKNOWN_TYPES: Final = frozenset({"InterfaceAttach", "FloatingIpAssociate"})
"""Types that this project does not use: the first is not refreshed, the second does what FloatingIp does itself."""


class Refused(AssertionError):
    """An input is not what the provider or OpenStack takes."""


def strict(node: Node) -> None:
    """Check one resource. Raise Refused."""
    if node.type.startswith(COMPONENTS) or node.type == REFERENCE:
        return
    if not node.type.startswith(PACKAGE):
        raise Refused(f"{node.type} is no type of the provider")
    kind = node.type.rpartition(":")[2]
    if kind in UNKNOWN_TYPES:
        raise Refused(f"{kind} is not used here")
    _mapping(path=kind, value=node.inputs, args=_args_of(node.type))
    for wrong in TOGETHER[kind](node.inputs) if kind in TOGETHER else ():
        raise Refused(f"{kind} {node.name}: {wrong}")


@functools.cache
def _args_of(token: str) -> type:
    """Return the class of a type's inputs: openstack:networking/port:Port is PortArgs in pulumi_openstack.networking."""
    module, _, kind = token.removeprefix(PACKAGE).rpartition(":")
    found: type | None = getattr(importlib.import_module(f"pulumi_openstack.{module.partition('/')[0]}"), f"{kind}Args", None)
    if found is None:
        raise Refused(f"the provider has no {token}")
    return found


@functools.cache
def _inputs(args: type) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of inputs by their wire names, and the names of those that must be there."""
    names = _types.input_type_py_to_pulumi_names(args)
    module = vars(importlib.import_module(args.__module__))
    making: Any = vars(args)["__init__"]
    hints = typing.get_type_hints(making, {**module, "Output": _Output})
    parameters = inspect.signature(making).parameters
    types = {names.get(name, name): hint for name, hint in hints.items() if name != "return"}
    needed = (name for name, each in parameters.items() if name in hints and each.default is inspect.Parameter.empty)
    return types, frozenset(names.get(name, name) for name in needed)


T = typing.TypeVar("T")


class _Output(typing.Generic[T]):
    """Stands for an Output in the SDK's hints: by the time that inputs are recorded, none is left."""


def _mapping(*, path: str, value: Mapping[str, Any], args: type) -> None:
    types, needed = _inputs(args)
    for name in sorted(needed - set(value)):
        raise Refused(f"{path}.{name} is missing")
    for name, each in value.items():
        if name not in types:
            raise Refused(f"{path}.{name} is no input of the provider")
        _value(path=f"{path}.{name}", value=each, hint=types[name])


def _value(*, path: str, value: Any, hint: Any) -> None:
    """Check a value against a hint, which is an Input: the plain type, or something that will give it."""
    options = _plain(hint)
    if not any(_fits(path=path, value=value, option=option) for option in options):
        raise Refused(f"{path}: {value!r} is none of {options}")
    if not isinstance(value, (list, dict)):
        _meaning(path=path, value=value)


@functools.cache
def _plain(hint: Any) -> tuple[Any, ...]:
    """Take an Input apart: leave Awaitable, Output and None out, for what is recorded has come in."""
    if typing.get_origin(hint) is typing.Union:
        return tuple(option for each in typing.get_args(hint) for option in _plain(each))
    waited = typing.get_origin(hint) in (collections.abc.Awaitable, _Output) or hint in (type(None), _Output)
    return () if waited else (hint,)


def _fits(*, path: str, value: Any, option: Any) -> bool:
    origin = typing.get_origin(option)
    if origin is collections.abc.Sequence:
        if not isinstance(value, list):
            return False
        for each in value:
            _value(path=path, value=each, hint=typing.get_args(option)[0])
        return True
    if origin is collections.abc.Mapping:
        if not isinstance(value, dict):
            return False
        for each in value.values():
            _value(path=path, value=each, hint=typing.get_args(option)[1])
        return True
    if option is bool:
        return isinstance(value, bool)
    if option in (int, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and (option is float or value == int(value))
    if option is str:
        return isinstance(value, str)
    if isinstance(option, type) and isinstance(value, dict):
        _mapping(path=path, value=value, args=option)
        return True
    return False


def _meaning(*, path: str, value: Any) -> None:
    """Check what the type leaves open."""
    if path in known.UNPROVEN | known.TROUBLE:
        raise Refused(f"{path} is not used here")
    if path in known.CHOICES and value not in known.CHOICES[path]:
        raise Refused(f"{path}: {value!r} is none of {sorted(map(str, known.CHOICES[path]))}")
    if path in known.REFERENCES and not str(value).startswith(f"{known.REFERENCES[path]}:"):
        raise Refused(f"{path}: {value!r} is no id of a {known.REFERENCES[path]}")
    if path in known.ADDRESSES:
        _syntax(path=path, value=value, read=ipaddress.ip_address)
    if path in known.RANGES:
        _syntax(path=path, value=value, read=ipaddress.ip_network)
    if path in known.ADDRESSES_OR_RANGES:
        _syntax(path=path, value=value, read=ipaddress.ip_interface)
    if path.endswith(".name") and not 0 < len(value) <= known.LONGEST_NAME:
        raise Refused(f"{path}: {value!r} has no or too many characters")


def _syntax(*, path: str, value: Any, read: collections.abc.Callable[[Any], object]) -> None:
    try:
        read(value)
    except ValueError as error:
        raise Refused(f"{path}: {error}") from error


def _subnet(inputs: Mapping[str, Any]) -> collections.abc.Iterator[str]:
    net = ipaddress.ip_network(inputs["cidr"])
    pools = [end for pool in inputs.get("allocationPools", ()) for end in (pool["start"], pool["end"])]
    inside = all(ipaddress.ip_address(each) in net for each in (inputs["gatewayIp"], *pools))
    if net.version != inputs["ipVersion"] or not inside:
        yield f"version, gateway and pool do not lie in {net}"
    if net.version == 4 and ("ipv6AddressMode" in inputs or "ipv6RaMode" in inputs):
        yield "an IPv4 one has no IPv6 mode"


def _rule(inputs: Mapping[str, Any]) -> collections.abc.Iterator[str]:
    if "portRangeMin" in inputs and ("protocol" not in inputs or inputs["portRangeMin"] > inputs["portRangeMax"]):
        yield "ports need a protocol and an order"
    if "remoteIpPrefix" in inputs and f"IPv{ipaddress.ip_network(inputs['remoteIpPrefix']).version}" != inputs["ethertype"]:
        yield f"{inputs['remoteIpPrefix']} is not {inputs['ethertype']}"


def _port(inputs: Mapping[str, Any]) -> collections.abc.Iterator[str]:
    if not inputs.get("fixedIps"):
        yield "no fixed address"


def _foot(inputs: Mapping[str, Any]) -> collections.abc.Iterator[str]:
    if ("subnetId" in inputs) == ("portId" in inputs):
        yield "a router's foot is at a subnet or at a port"


def _endpoints(inputs: Mapping[str, Any]) -> collections.abc.Iterator[str]:
    for each in inputs["endpoints"]:
        if inputs["type"] == "cidr":
            _syntax(path="EndpointGroup.endpoints", value=each, read=ipaddress.ip_network)
        elif not each.startswith("Subnet:"):
            yield f"{each!r} is no id of a Subnet"


def _machine(inputs: Mapping[str, Any]) -> collections.abc.Iterator[str]:
    for key in inputs["metadata"]:
        if not re.fullmatch(known.METADATA_KEY, key):
            yield f"metadata: {key!r} is no key"


TOGETHER: Final[dict[str, collections.abc.Callable[[Mapping[str, Any]], collections.abc.Iterator[str]]]] = {
    "Subnet": _subnet,
    "SecGroupRule": _rule,
    "Port": _port,
    "RouterInterface": _foot,
    "EndpointGroup": _endpoints,
    "Instance": _machine,
}
"""What only several inputs show."""
