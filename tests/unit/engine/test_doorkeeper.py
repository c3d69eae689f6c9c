"""Which of a tenant's own bindings go when the list of who may be bound has changed."""

from typing import Any

import pytest

from citycloud.engine.doorkeeper import names_a_stranger

ALLOWED = {
    "citycloud.dev/allowed-groups": "so-y-te-admins,so-y-te-viewers",
    "citycloud.dev/allowed-users": "an",
    "citycloud.dev/allowed-peers": "so-y-te--ho-so--app",
}


def binding(*subjects: tuple[str, str], managed: bool = False) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "citycloud"} if managed else {}
    found = [{"kind": kind, "namespace" if kind == "ServiceAccount" else "name": name} for kind, name in subjects]
    return {"metadata": {"name": "own", "labels": labels}, "subjects": found}


@pytest.mark.parametrize(
    ("subjects", "stranger"),
    [
        ([("Group", "so-y-te-admins"), ("User", "an")], False),
        ([("ServiceAccount", "so-y-te--ho-so--app")], False),
        ([("User", "binh")], True),
        ([("Group", "an")], True),
        ([("User", "an"), ("User", "binh")], True),
        ([("ServiceAccount", "so-noi-vu--x--app")], True),
        ([("User", "")], True),
        ([("Robot", "an")], True),
        ([], False),
    ],
)
def test_a_binding_of_anybody_who_is_not_listed_goes(subjects: list[tuple[str, str]], stranger: bool) -> None:
    assert names_a_stranger(binding(*subjects), allowed=ALLOWED) is stranger


def test_what_the_operator_made_is_the_plans_affair() -> None:
    assert not names_a_stranger(binding(("User", "binh"), managed=True), allowed=ALLOWED)


def test_where_nobody_may_enter_every_binding_goes() -> None:
    closed = dict.fromkeys(ALLOWED, "")
    assert names_a_stranger(binding(("User", "an")), allowed=closed)
