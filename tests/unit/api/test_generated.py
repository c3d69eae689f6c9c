"""The committed CRDs are the models: nobody edits one without the other."""

from pathlib import Path
from typing import Final

import pytest
import yaml

from citycloud.api import KINDS, Kind
from citycloud.api.crds import HEADER, custom_resource_definition, write

FOLDER: Final = Path(__file__).parents[3] / "charts" / "citycloud-crds" / "templates"

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.definition.kind)


@each_kind
def test_the_committed_crd_is_the_one_that_the_model_gives(kind: type[Kind]) -> None:
    committed = (FOLDER / f"{kind.definition.plural}.yaml").read_text(encoding="utf-8")

    assert yaml.load(committed, Loader=yaml.CSafeLoader) == custom_resource_definition(kind)


def test_one_file_a_kind_is_committed_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{kind.definition.plural}.yaml" for kind in KINDS}


def test_generating_writes_the_committed_bytes_and_removes_kinds_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "webhooks.yaml").write_text("kind: Gone")

    write(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert all(path.read_text(encoding="utf-8").startswith(HEADER) for path in tmp_path.iterdir())


@each_kind
def test_a_crd_holds_nothing_but_plain_data(kind: type[Kind]) -> None:
    crd = custom_resource_definition(kind)

    assert yaml.load(yaml.dump(crd, Dumper=yaml.CSafeDumper), Loader=yaml.CSafeLoader) == crd
