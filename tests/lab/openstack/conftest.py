"""The real engine and a cloud of OpenStack's own services for the files of this folder; each file has a town of its own name in it."""

import os
import pathlib
from collections.abc import Iterator

import pytest
from tests.infra.inventories import inventory
from tests.lab.openstack.towns import SETTINGS, town

from citycloud_lab.engine.tools import Engine, find_engine
from citycloud_lab.openstack.laboratory import Laboratory, running
from citycloud_lab.openstack.premises import prepare, zones_of


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    """The `pulumi` of this process and its children, until the last test."""
    engine = find_engine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_CONFIG_PASSPHRASE", "the passphrase of the laboratory")
        for name, value in engine.environment({"PATH": os.environ["PATH"]}).items():
            patch.setenv(name, value)
        yield engine


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[Laboratory]:
    """A cloud with what every town takes for granted; clients of this process find it."""
    asked = inventory(town("any"))
    folder: pathlib.Path = tmp_path_factory.mktemp("cloud")
    with running(folder=folder, zones=zones_of(asked)) as laboratory, pytest.MonkeyPatch.context() as patch:
        with laboratory.connect() as connection:
            prepare(connection, inventory=asked, settings=SETTINGS)
        for name, value in laboratory.layout.environment().items():
            patch.setenv(name, value)
        yield laboratory
