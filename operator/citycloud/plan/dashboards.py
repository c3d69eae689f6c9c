"""The dashboards of one organisation in its home namespace, for Perses, which lets in whoever Kubernetes lets read them."""

from collections.abc import Mapping
from typing import Any, Final

from citycloud.plan.manifest import Manifest, managed_home
from citycloud.plan.subject import HomeSubject

VARIABLE: Final = "organisation"


def home_dashboards(*, subject: HomeSubject, views: Mapping[str, Mapping[str, Any]]) -> list[Manifest]:
    """Build one dashboard a language; where the view lets one choose an organisation, there is nothing to choose here."""
    return [
        managed_home(
            subject=subject,
            api_version="perses.dev/v1alpha2",
            kind="PersesDashboard",
            name=f"citycloud-department-{language}",
            body={"spec": {"config": {**view, "variables": [_fixed(name=VARIABLE, value=subject.organisation), *_others(view)]}}},
        )
        for language, view in sorted(views.items())
    ]


def _fixed(*, name: str, value: str) -> dict[str, Any]:
    return {"kind": "TextVariable", "spec": {"name": name, "value": value, "constant": True, "display": {"name": value, "hidden": True}}}


def _others(view: Mapping[str, Any]) -> list[Any]:
    return [each for each in view.get("variables", ()) if each["spec"]["name"] != VARIABLE]
