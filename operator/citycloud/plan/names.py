"""The names that everything is found by: labels, annotations, namespaces, and the way back from a label to its owner.

Names are injective: a slug never holds `--`, so two environments never meet in one namespace.
"""

from typing import Final

from citycloud.api.common import HOLDS_ANNOTATION, POLICIES_ANNOTATION

PREFIX: Final = "citycloud.dev"
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGER: Final = "citycloud"
MANAGED_SELECTOR: Final = f"{MANAGED_BY}={MANAGER}"

ORGANISATION: Final = f"{PREFIX}/organisation"
SYSTEM: Final = f"{PREFIX}/system"
ENVIRONMENT: Final = f"{PREFIX}/environment"
STAGE: Final = f"{PREFIX}/stage"
LEVEL: Final = f"{PREFIX}/level"
ZONE: Final = f"{PREFIX}/zone"
PROTECTED: Final = f"{PREFIX}/protected"
HOME: Final = f"{PREFIX}/home"
POOL: Final = f"{PREFIX}/pool"
APPROVED_DIGEST: Final = f"{PREFIX}/approved-digest"
HOLDS: Final = HOLDS_ANNOTATION
POLICIES: Final = POLICIES_ANNOTATION

NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
"""The label that the API server itself puts on every namespace; nobody can forge it (KEP-2161)."""


def home_namespace(organisation: str) -> str:
    """Name the namespace where an organisation writes its requests."""
    return f"org-{organisation}"


def organisation_of(home: str) -> str | None:
    """Name the organisation whose home namespace this is; None where it is nobody's home."""
    return home.removeprefix("org-") if home.startswith("org-") else None


def namespace_prefix(*, organisation: str, environment: str) -> str:
    """Say how the names of an environment's namespaces begin, unless its organisation has changed since they were made."""
    return f"{organisation}--{environment}"


def prefixed_namespace(*, prefix: str, zone: str) -> str:
    """Name the namespace of one zone; at most 24 + 2 + 24 + 2 + 11 = 63 characters."""
    return f"{prefix}--{zone}"


def zone_namespace(*, organisation: str, environment: str, zone: str) -> str:
    """Name the namespace of one zone of an environment that has always been where it is."""
    return prefixed_namespace(prefix=namespace_prefix(organisation=organisation, environment=environment), zone=zone)
