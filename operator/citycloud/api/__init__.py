"""The custom resources of `citycloud.dev/v1alpha1` as pydantic models, one module a kind.

These models are the single source of the contract: the CRDs in `charts/citycloud-crds` are generated from them (`api.crds`), and the
operator, the command line and the tests read objects through them. Nothing here knows of a cluster or of any other layer.
"""

from typing import Final

from citycloud.api.approval import Approval
from citycloud.api.city import City
from citycloud.api.common import GROUP, VERSION, Kind
from citycloud.api.environment import Environment
from citycloud.api.information_system import InformationSystem
from citycloud.api.ledger_entry import LedgerEntry
from citycloud.api.org_change import OrgChange
from citycloud.api.organisation import Organisation
from citycloud.api.policy_exception import PolicyException
from citycloud.api.security_profile import SecurityProfile
from citycloud.api.site import Site
from citycloud.api.size_class import SizeClass
from citycloud.api.wan_link import WanLink

KINDS: Final[tuple[type[Kind], ...]] = (
    City,
    SecurityProfile,
    SizeClass,
    Site,
    WanLink,
    Organisation,
    InformationSystem,
    Environment,
    Approval,
    LedgerEntry,
    PolicyException,
    OrgChange,
)
"""Every kind, in the order in which an empty cluster has to receive them."""

WATCHED: Final[tuple[type[Kind], ...]] = tuple(kind for kind in KINDS if kind.definition.watched)
"""The kinds that the operator keeps in mind."""

__all__ = [
    "GROUP",
    "KINDS",
    "VERSION",
    "WATCHED",
    "Approval",
    "City",
    "Environment",
    "InformationSystem",
    "Kind",
    "LedgerEntry",
    "OrgChange",
    "Organisation",
    "PolicyException",
    "SecurityProfile",
    "Site",
    "SizeClass",
    "WanLink",
]
