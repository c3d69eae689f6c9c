"""What stops a run before it has changed anything: a quota that ends too early, an inventory that breaks a rule, a cloud that is silent."""

import pathlib
from collections.abc import Iterator

import pytest
from tests.infra.inventories import Content
from tests.lab.openstack.commands import Office

from citycloud_lab.openstack.laboratory import Laboratory
from citycloud_lab.openstack.leftovers import leftovers


@pytest.fixture
def office(cloud: Laboratory, tmp_path: pathlib.Path) -> Iterator[Office]:
    """A town of which nothing is there, before and after."""
    folder = tmp_path / "refused"
    folder.mkdir()
    office = Office(folder=folder)
    office.write()
    yield office
    with cloud.connect() as connection:
        assert leftovers(connection) == {}
    assert list((folder / "state").rglob("backups/*")) == []


def test_where_a_quota_ends_before_the_city_does_nothing_is_made(office: Office, cloud: Laboratory) -> None:
    with cloud.connect() as connection:
        project = str(connection.current_project_id)
        connection.network.update_quota(project, routers=3)
        connection.compute.update_quota_set(project, cores=20)
        try:
            refused = office.ask("up")
        finally:
            connection.network.delete_quota(project)
            connection.compute.revert_quota_set(project)
    assert refused.returncode == 1
    assert "quotas do not suffice (needed > allowed): cores 28 > 20, routers 9 > 3" in refused.stderr


def test_where_the_inventory_breaks_a_rule_nothing_is_made(office: Office) -> None:
    def twice(content: Content) -> None:
        content["sites"][1]["id"] = content["sites"][0]["id"]

    office.write(twice)
    refused = office.ask("up")
    assert refused.returncode == 1
    assert "breaks a rule; nothing was done" in refused.stderr


def test_where_the_cloud_gives_no_answer_nothing_is_tried(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    clouds = office.folder / "clouds.yaml"
    clouds.write_text("{clouds: {nowhere: {auth: {auth_url: 'http://127.0.0.1:9/v3', username: x, password: x, project_name: x}}}}")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds))
    monkeypatch.setenv("OS_CLOUD", "nowhere")
    refused = office.ask("up")
    assert refused.returncode == 1
    assert "the cloud gives no answer" in refused.stderr
