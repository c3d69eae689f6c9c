"""The folders as data: what a policy is called, what it stops, how to mend what it refused, and its manifests.

A folder is named `<id>-<slug>` and holds `text.yaml`, `policy.yaml` where the API server itself is told by a manifest, `static.yaml` where
it is told by a file on its own disk, and in `good/` and `bad/` what must pass and what must be refused.
"""

import dataclasses
import pathlib
import re
from typing import Any, Final, Literal

import yaml
from pydantic import Field

from citycloud.api.common import Model, Names

FOLDER_NAME: Final = re.compile(r"(P\d{2})-([a-z0-9]+(?:-[a-z0-9]+)*)")
VARIABLES: Final = "variables.yaml"
"""The file beside the folders with the CEL variables that several policies use."""
CONDITIONS: Final = "conditions.yaml"
"""The one with the match conditions that several use."""

Mechanism = Literal[
    "ValidatingAdmissionPolicy",
    "MutatingAdmissionPolicy",
    "PodSecurity",
    "RBAC",
    "ResourceQuota",
    "LimitRange",
    "CRD",
    "Operator",
    "APIServer",
]

Manifest = dict[str, Any]


class CatalogueError(Exception):
    """A folder is not a policy; the text names the folder and what is wrong."""


class Maps(Model):
    """Where the same demand stands in other catalogues."""

    pss: tuple[str, ...] = ()
    nsa: tuple[str, ...] = ()
    cis: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    tcvn: tuple[str, ...] = ()


class Text(Model):
    """What people read about a policy; every text in Vietnamese and English, a remedy is one or two whole sentences."""

    id: str
    title: Names
    stops: Names
    remedy: Names
    level: int = Field(ge=1, le=5, description="The lowest level that demands it.")
    scope: Literal["tenants", "everywhere"]
    enforced_by: tuple[Mechanism, ...] = Field(min_length=1)
    enforced_in: str = Field(default="", description="Where to look for what enforces it, if that is no policy.yaml.")
    refusal: str = Field(default="", description="What Kubernetes itself says where it refuses before any policy of ours is asked.")
    maps: Maps


@dataclasses.dataclass(frozen=True)
class Policy:
    """One folder."""

    slug: str
    text: Text
    manifests: tuple[Manifest, ...]
    static: tuple[Manifest, ...]
    good: tuple[pathlib.Path, ...]
    bad: tuple[pathlib.Path, ...]

    @property
    def id(self) -> str:
        """Return the id, `P` and two digits."""
        return self.text.id

    @property
    def name(self) -> str:
        """Name the policy as the API server knows it."""
        return f"{self.id.lower()}-{self.slug}"


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """All policies in the order of their ids, the shared variables in the order in which they may refer to each other, and conditions."""

    policies: tuple[Policy, ...]
    variables: dict[str, str]
    conditions: dict[str, str]


def load(folder: pathlib.Path) -> Catalogue:
    """Read the catalogue; raise CatalogueError where a folder is not a whole policy."""
    policies = tuple(_policy(path) for path in sorted(folder.iterdir()) if path.is_dir())
    ids = [policy.id for policy in policies]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise CatalogueError(f"{folder}: {', '.join(twice)} stands twice")
    variables, conditions = (_expressions(folder / name) for name in (VARIABLES, CONDITIONS))
    return Catalogue(policies=policies, variables=variables, conditions=conditions)


def _expressions(path: pathlib.Path) -> dict[str, str]:
    return {each["name"]: " ".join(each["expression"].split()) for each in yaml.safe_load(path.read_text())}


def _policy(path: pathlib.Path) -> Policy:
    match = FOLDER_NAME.fullmatch(path.name)
    if match is None:
        raise CatalogueError(f"{path}: a policy's folder is named like P06-image-tag")
    try:
        text = Text.model_validate(yaml.safe_load((path / "text.yaml").read_text()) | {"id": match[1]})
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path}/text.yaml: {error}") from error
    manifests, static = (_manifests(path / name) for name in ("policy.yaml", "static.yaml"))
    if not manifests and not text.enforced_in:
        raise CatalogueError(f"{path}: either policy.yaml or `enforcedIn` in text.yaml says what enforces it")
    good, bad = (tuple(sorted((path / name).glob("*.yaml"))) for name in ("good", "bad"))
    return Policy(slug=match[2], text=text, manifests=manifests, static=static, good=good, bad=bad)


def _manifests(path: pathlib.Path) -> tuple[Manifest, ...]:
    try:
        return tuple(yaml.safe_load_all(path.read_text())) if path.exists() else ()
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path}: {error}") from error
