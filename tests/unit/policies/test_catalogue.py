"""A folder becomes a policy, or an error that names the folder and what is wrong with it."""

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from citycloud.policies.catalogue import CatalogueError, load

TEXT: dict[str, Any] = {
    "title": {"vi": "Tiêu đề", "en": "Title"},
    "stops": {"vi": "Chặn.", "en": "Stops."},
    "remedy": {"vi": "Sửa.", "en": "Mend."},
    "level": 1,
    "scope": "everywhere",
    "enforcedBy": ["RBAC"],
    "enforcedIn": "somewhere",
    "maps": {},
}
POLICY = {"kind": "ValidatingAdmissionPolicy", "spec": {"validations": [{"expression": "true"}]}}
Folder = Callable[..., pathlib.Path]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Folder:
    """Make a policy's folder; what is None is not there."""
    for name in ("variables.yaml", "conditions.yaml"):
        (tmp_path / name).write_text("[]")

    def make(name: str = "P50-example", *, text: Any = TEXT, **documents: Any) -> pathlib.Path:
        path = tmp_path / name
        path.mkdir()
        if text is not None:
            (path / "text.yaml").write_text(text if isinstance(text, str) else yaml.safe_dump(text))
        for document, content in documents.items():
            (path / f"{document}.yaml").write_text(yaml.safe_dump(content))
        return tmp_path

    return make


def test_a_folder_is_a_policy(folder: Folder) -> None:
    root = folder(policy=POLICY, static=POLICY)
    for kind, count in (("good", 2), ("bad", 3)):
        (root / "P50-example" / kind).mkdir()
        for number in range(count):
            (root / "P50-example" / kind / f"{number}.yaml").write_text("{}")
    (policy,) = load(root).policies

    assert (policy.id, policy.slug, policy.name) == ("P50", "example", "p50-example")
    assert (len(policy.manifests), len(policy.static), len(policy.good), len(policy.bad)) == (1, 1, 2, 3)
    assert policy.text.title.vi == "Tiêu đề"


def test_policies_come_in_the_order_of_their_ids(folder: Folder) -> None:
    for name in ("P52-later", "P50-first", "P51-between"):
        root = folder(name)
    assert [policy.id for policy in load(root).policies] == ["P50", "P51", "P52"]


def test_variables_keep_their_order_and_become_one_line(folder: Folder) -> None:
    root = folder()
    (root / "variables.yaml").write_text('- {name: b, expression: "1 +\\n  1"}\n- {name: a, expression: variables.b}\n')
    assert list(load(root).variables.items()) == [("b", "1 + 1"), ("a", "variables.b")]


@pytest.mark.parametrize(
    "name", ["P5-short", "p50-lower", "P50", "P50_example", "P500-example", "P50-Example", "P50-a--b", "P50-", "example"]
)
def test_a_folder_with_another_name_is_named(folder: Folder, name: str) -> None:
    with pytest.raises(CatalogueError, match="named like") as error:
        load(folder(name))
    assert name in str(error.value)


@pytest.mark.parametrize("document", ["policy", "static"])
def test_a_manifest_that_cannot_be_read_is_named(folder: Folder, document: str) -> None:
    root = folder(policy=POLICY)
    (root / "P50-example" / f"{document}.yaml").write_text("spec: {[")
    with pytest.raises(CatalogueError, match=rf"P50-example/{document}\.yaml"):
        load(root)


def test_an_id_stands_once(folder: Folder) -> None:
    folder("P50-one")
    with pytest.raises(CatalogueError, match="P50 stands twice"):
        load(folder("P50-another"))


def test_a_folder_without_text_is_named(folder: Folder) -> None:
    with pytest.raises(CatalogueError, match=r"P50-example/text\.yaml"):
        load(folder(text=None))


@pytest.mark.parametrize("text", ["", "- a list", "title: {vi: [}", "just words"])
def test_a_text_that_is_none_is_named(folder: Folder, text: str) -> None:
    with pytest.raises(CatalogueError, match=r"text\.yaml"):
        load(folder(text=text))


@pytest.mark.parametrize("field", sorted(set(TEXT) - {"enforcedIn"}))
def test_every_part_of_the_text_is_needed(folder: Folder, field: str) -> None:
    with pytest.raises(CatalogueError, match=field):
        load(folder(text={key: value for key, value in TEXT.items() if key != field}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", {"vi": "Chỉ tiếng Việt"}),
        ("remedy", {"en": "English only"}),
        ("level", 0),
        ("level", 6),
        ("scope", "somewhere"),
        ("enforcedBy", []),
        ("enforcedBy", ["Hope"]),
    ],
)
def test_a_part_that_says_nothing_is_named(folder: Folder, field: str, value: Any) -> None:
    with pytest.raises(CatalogueError, match=field):
        load(folder(text={**TEXT, field: value}))


def test_something_has_to_enforce_it(folder: Folder) -> None:
    with pytest.raises(CatalogueError, match="enforcedIn"):
        load(folder(text={**TEXT, "enforcedIn": ""}))
