"""Settings, keys, quotas and the runs of stacks around the engine, which is a stand-in here."""

import dataclasses
import datetime
import json
import pathlib
import re
import stat
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
import yaml
from pulumi import automation
from pulumi.runtime import settings as runtime_settings
from tests.infra.graphs import EVERYTHING, PLAIN
from tests.infra.inventories import ROOT, inventory

from citycloud_infra.cli.resources import table_of
from citycloud_infra.cli.screen import Language, Screen
from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.cloud_init import node_user_data
from citycloud_infra.targets import base
from citycloud_infra.targets.automation import NotReady, Run, allow, perform, ready
from citycloud_infra.targets.keys import ConfiguredKeys, KeyRefused, derived, read_master
from citycloud_infra.targets.openstack.cloud import OpenStack
from citycloud_infra.targets.plan import PlanCloud, record
from citycloud_infra.targets.program import City, build
from citycloud_infra.targets.quota import needs, short
from citycloud_infra.targets.recording import Recorder, run_recorded
from citycloud_infra.targets.settings import CloudSettings, SettingsUnreadable, configured, parse_settings, read_settings
from citycloud_infra.targets.state import KEPT, back_up

NOW = datetime.datetime(2026, 11, 29, 1, 2, 3, tzinfo=datetime.UTC)
MASTER = "a-secret-of-the-city-that-is-long-enough"


def small(**changes: Any) -> City:
    plain = {"plan": plan_city(inventory()), "settings": PLAIN, "cloud": OpenStack(), "keys": ConfiguredKeys, "user_data": node_user_data}
    return City(**{**plain, **changes})


def export(arguments: list[str], *_: Any) -> None:
    """Write what `pulumi stack export --file` would."""
    assert arguments[:2] == ["stack", "export"]
    pathlib.Path(arguments[3]).write_text('{"version": 3, "deployment": {"resources": []}}', "utf-8")


class Engine:
    """Stands for Pulumi's stacks: remembers what was asked, in order."""

    def __init__(self, *, folder: pathlib.Path, built: bool = True) -> None:
        self.asked: list[tuple[str, str]] = []
        self.config: dict[str, dict[str, automation.ConfigValue]] = {}
        self.run = Run(city=small(), folder=folder, now=lambda: NOW)
        self._built = built

    def open(self, name: str, **_: Any) -> Any:
        config = self.config.setdefault(name, {})

        def act(action: str) -> Callable[..., Any]:
            def done(**_: Any) -> Any:
                self.asked.append((action, name))
                return SimpleNamespace(summary=SimpleNamespace(resource_changes={"create": 3}))

            return done

        return SimpleNamespace(
            name=name,
            **{action: act(action) for action in ("up", "refresh", "destroy")},
            preview=lambda **_: automation.PreviewResult("", "", {automation.OpType.CREATE: 2}),
            outputs=lambda: {"hub-dc": {}} if self._built else {},
            workspace=SimpleNamespace(work_dir=".", env_vars={}, pulumi_command=SimpleNamespace(run=export)),
            get_all_config=lambda: config,
            set_config=lambda key, value: config.__setitem__(key, value),
        )


@pytest.fixture
def engine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(folder=tmp_path / "city")
    monkeypatch.setattr(automation, "create_or_select_stack", engine.open)
    _pretend_ready(monkeypatch=monkeypatch, folder=tmp_path)
    return engine


def _pretend_ready(*, monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path) -> None:
    command = folder / "bin" / "pulumi"
    command.parent.mkdir()
    command.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(command.parent))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "x")


def told(line: str) -> None:
    raise AssertionError(line)


def test_stacks_are_built_in_their_order_and_removed_in_the_opposite_one(engine: Engine) -> None:
    made = list(perform(run=engine.run, action="up", only=(), master=MASTER, tell=told))
    list(perform(run=engine.run, action="destroy", only=(), master=None, tell=told))
    order = ["wan-core", "wan-sites-0", "compute"]
    assert engine.asked == [*(("up", name) for name in order), *(("destroy", name) for name in reversed(order))]
    assert [(each.stack, each.changes) for each in made] == [(name, {"create": 3}) for name in order]


def test_only_the_stacks_that_are_named_are_run_and_an_unknown_one_stops_before_any(engine: Engine) -> None:
    list(perform(run=engine.run, action="refresh", only=("compute",), master=None, tell=told))
    assert engine.asked == [("refresh", "compute")]
    with pytest.raises(NotReady, match="there is no stack wan-sites-9; use: wan-core, wan-sites-0, compute"):
        list(perform(run=engine.run, action="refresh", only=("compute", "wan-sites-9"), master=None, tell=told))
    assert engine.asked == [("refresh", "compute")]


def test_the_secret_goes_into_the_stacks_that_have_keys_and_as_a_secret(engine: Engine) -> None:
    list(perform(run=engine.run, action="up", only=(), master=MASTER, tell=told))
    given = {name: config["citycloud:psk"] for name, config in engine.config.items() if config}
    assert {name: each.secret for name, each in given.items()} == {"wan-sites-0": True, "compute": True}


def test_without_a_secret_a_run_stops_at_the_first_stack_of_sites_and_says_how_to_give_one(engine: Engine) -> None:
    with pytest.raises(NotReady, match="--secret FILE"):
        list(perform(run=engine.run, action="up", only=(), master=None, tell=told))
    assert engine.asked == [("up", "wan-core")]


def test_a_preview_of_what_needs_the_backbone_waits_until_it_is_there(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, lines = Engine(folder=tmp_path / "city", built=False), list[str]()
    monkeypatch.setattr(automation, "create_or_select_stack", engine.open)
    _pretend_ready(monkeypatch=monkeypatch, folder=tmp_path)
    seen = list(perform(run=engine.run, action="preview", only=(), master=MASTER, tell=lines.append))
    assert [(each.stack, each.changes) for each in seen] == [("wan-core", {"create": 2})]
    assert [line.partition(":")[0] for line in lines] == ["wan-sites-0", "compute"]
    assert not (engine.run.folder / "backups").exists()


def test_the_state_is_copied_for_its_owner_only_before_a_run_and_old_copies_go(engine: Engine) -> None:
    list(perform(run=engine.run, action="up", only=("wan-core",), master=None, tell=told))
    (copy,) = (engine.run.folder / "backups").iterdir()
    assert copy.name == "wan-core-20261129T010203000000.json"
    assert json.loads(copy.read_text("utf-8")) == {"version": 3, "deployment": {"resources": []}}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    stack = engine.open("wan-core")
    for number in range(KEPT + 5):
        back_up(stack=stack, folder=copy.parent, moment=NOW + datetime.timedelta(days=number))
    kept = sorted(each.name for each in copy.parent.iterdir())
    assert len(kept) == KEPT
    assert copy.name not in kept


def test_where_the_pulumi_command_is_missing_it_is_said_in_both_languages() -> None:
    with pytest.raises(NotReady, match=r"hãy cài theo https://.* / the command pulumi is not found: install it as https://"):
        ready({"PATH": "/nowhere"})


def test_where_the_passphrase_is_missing_it_is_said(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    with pytest.raises(NotReady, match="the state's passphrase is missing: set PULUMI_CONFIG_PASSPHRASE"):
        list(perform(run=engine.run, action="preview", only=(), master=None, tell=told))
    assert engine.asked == []


def test_a_run_stops_before_anything_is_made_where_a_quota_ends(engine: Engine) -> None:
    bounded = dataclasses.replace(engine.run, allowance=lambda: {"instances": 10, "routers": -1, "networks": 100})
    with pytest.raises(NotReady, match=r"quotas do not suffice \(needed > allowed\): instances 11 > 10$"):
        list(perform(run=bounded, action="up", only=(), master=MASTER, tell=told))
    assert engine.asked == []


def test_needs_count_ports_of_routers_and_the_sizes_of_machines() -> None:
    graph = record(plan=plan_city(inventory()), settings=PLAIN)
    counted = needs(nodes=graph.all(), flavors=inventory().compute.flavors)
    assert (counted["instances"], counted["cores"], counted["ram"]) == (11, 28, 28 * 4 * 1024)
    kinds = graph.by_type()
    assert counted["ports"] == kinds["citycloud:plan:Port"] + kinds["citycloud:plan:RouterInterface"]
    assert short(needed={"ports": 3, "networks": 2}, limits={"ports": 2}) == {"ports": (3, 2)}
    allow(city=small(), limits={})


def test_keys_differ_by_connection_and_stay_the_same() -> None:
    one, other = (derived(master=MASTER, name=name) for name in ("a", "b"))
    assert one != other
    assert one == derived(master=MASTER, name="a")


def test_a_file_of_the_secret_that_others_may_read_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{MASTER}\n", "utf-8")
    path.chmod(0o644)
    with pytest.raises(KeyRefused, match="chmod 600"):
        read_master(path)
    path.chmod(0o600)
    assert read_master(path) == MASTER
    path.write_text("short", "utf-8")
    with pytest.raises(KeyRefused, match="at least 32 characters"):
        read_master(path)


def recorded(*, stack: str, city: City, config: Mapping[str, str], secret: frozenset[str] = frozenset()) -> Recorder:
    """Record one stack with a configuration, after the backbone."""
    backbone = record(plan=city.plan, settings=city.settings).exports["wan-core"]
    recorder = Recorder(name=stack, known={"organization/citycloud/wan-core": backbone})

    def program() -> None:
        pulumi.runtime.set_all_config({f"citycloud:{key}": value for key, value in config.items()}, [f"citycloud:{key}" for key in secret])
        build(stack=stack, city=city)

    run_recorded(program=program, project="citycloud", name=stack, recorder=recorder)
    return recorder


def test_keys_from_the_stacks_configuration_are_secret_in_inputs_and_exports() -> None:
    recorder = recorded(stack="wan-sites-0", city=small(cloud=PlanCloud()), config={"psk": MASTER}, secret=frozenset({"psk"}))
    connections = [node for node in recorder.nodes if node.type.endswith("SiteConnection")]
    assert connections
    for node in connections:
        assert node.secrets == {"psk"}
        assert re.fullmatch(r"[\w-]{43}", node.inputs["psk"])
    assert len({node.inputs["psk"] for node in connections}) == len(connections)
    assert pulumi.runtime.rpc.is_rpc_secret(recorder.exports["keys"])


@pytest.mark.parametrize("distribution", ["k3s", "kubeadm"])
def test_a_nodes_first_instructions_hold_the_clusters_token_and_are_a_secret(distribution: str) -> None:
    plan = plan_city(inventory(lambda content: content["compute"]["clusters"][0].update(distribution=distribution)))
    recorder = recorded(stack="compute", city=small(plan=plan, cloud=PlanCloud()), config={"psk": MASTER}, secret=frozenset({"psk"}))
    machines = [node for node in recorder.nodes if node.type.endswith("Machine")]
    assert len(machines) == 7
    for node in machines:
        assert node.secrets == {"user_data"}
        assert "@CITYCLOUD" not in node.inputs["user_data"]
        assert re.search(r"\b[0-9a-f]{6}\.[0-9a-f]{16}\b", node.inputs["user_data"])
    keyed = [node.name for node in machines if re.search(r"certificateKey: \W?[0-9a-f]{64}\b", node.inputs["user_data"])]
    assert len(keyed) == (3 if distribution == "kubeadm" else 0)


def test_without_the_secret_in_the_configuration_no_site_is_built() -> None:
    with pytest.raises(pulumi.ConfigMissingError, match="citycloud:psk"):
        recorded(stack="wan-sites-0", city=small(cloud=PlanCloud()), config={})


def test_a_stacks_configuration_and_a_file_of_settings_say_the_same(tmp_path: pathlib.Path) -> None:
    content = {"target": "openstack", "gatewayFlavor": "m1", "gateways": 3, "external": ["net=internet"], "bgp": True, "dns": ["10.0.0.53"]}
    path = tmp_path / "cloud.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    runtime_settings.reset_options(project="citycloud", stack="wan-core")
    plain = {key: value if isinstance(value, str) else json.dumps(value) for key, value in content.items()}
    pulumi.runtime.set_all_config({f"citycloud:{key}": value for key, value in plain.items()})
    found = configured()
    assert found == read_settings(path)
    assert found.settings().external_of("net") == "internet"
    assert found.settings().external_of("lease") == "lease"


def test_wrong_settings_are_refused_with_their_field(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SettingsUnreadable, match="gateways: Input should be less than or equal to 4"):
        parse_settings({"gatewayFlavor": "m1", "gateways": 9}, source="x")
    with pytest.raises(SettingsUnreadable, match="cannot read"):
        read_settings(tmp_path / "none.yaml")


def test_pulumi_yaml_offers_what_the_settings_have_with_the_same_defaults() -> None:
    content = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))
    offered = content["config"]
    assert set(offered) - {"inventory"} == {field.alias for field in CloudSettings.model_fields.values()}
    given = {key: each["default"] for key, each in offered.items() if key != "inventory"}
    assert parse_settings(given, source="Pulumi.yaml") == CloudSettings(gateway_flavor="gateway", target="plan")
    assert (ROOT / offered["inventory"]["default"]).is_file()
    assert (ROOT / content["main"] / "__main__.py").is_file()


def test_the_package_of_a_cloud_is_imported_only_when_it_is_asked_for_and_its_absence_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(base.TargetMissing, match="use one of: plan, openstack"):
        base.load_cloud("vsphere")
    monkeypatch.setitem(base.MODULES, "openstack", "citycloud_infra.targets.nowhere")
    with pytest.raises(base.TargetMissing, match=r"pip install 'citycloud\[infra,openstack\]'"):
        base.load_cloud("openstack")


def test_a_plan_names_every_stack_with_its_resources() -> None:
    table = table_of(Screen(language=Language.EN), record(plan=plan_city(inventory()), settings=EVERYTHING))
    assert list(table.columns[0].cells) == ["wan-core", "wan-sites-0", "compute", "all"]
    assert all(int(str(count)) > 0 for count in table.columns[2].cells)
