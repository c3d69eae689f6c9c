"""The sample city is what its data give, and the city's own rules take every object of it."""

import collections
import datetime
import functools
import pathlib
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, TypeVar

import pytest
import yaml
from kubernetes.utils.quantity import parse_quantity

from citycloud.api import KINDS, City, Environment, InformationSystem, Kind, Organisation, SecurityProfile, SizeClass
from citycloud.api.common import API_VERSION, QUANTITY, SLUG
from citycloud.levels import compute_level, dossier_state, effective_level, load_framework

ROOT: Final = pathlib.Path(__file__).parents[3]
EXAMPLES: Final = ROOT / "examples"
HANOI: Final = EXAMPLES / "hanoi-2026"
BEFORE: Final = EXAMPLES / "hanoi-2024"
BY_NAME: Final = {kind.definition.kind: kind for kind in KINDS}
LONGEST_NAME: Final = 24
LONGEST_NAME_OF_A_CHANGE: Final = 40
LONGEST_NAMESPACE: Final = 63
TODAY: Final = datetime.date(2026, 11, 23)
"""A day on which the sample dossiers are as they are meant to be."""

Manifest = dict[str, Any]
AnyKind = TypeVar("AnyKind", bound=Kind)


@functools.cache
def manifests(*, folder: pathlib.Path) -> tuple[Manifest, ...]:
    """Read every citycloud object of a folder; an inventory is a file of its own kind, and no object (test_inventory.py)."""
    paths = (path for path in sorted(folder.glob("*.yaml")) if path.name != "inventory.yaml")
    documents = (document for path in paths for document in yaml.safe_load_all(path.read_text("utf-8")))
    return tuple(document for document in documents if document["apiVersion"] == API_VERSION)


@functools.cache
def objects(*, kind: type[AnyKind], folder: pathlib.Path = HANOI) -> tuple[AnyKind, ...]:
    """Read the objects of one kind."""
    return tuple(kind.model_validate(each) for each in manifests(folder=folder) if each["kind"] == kind.definition.kind)


def title(*, manifest: Manifest) -> str:
    """Name one object in a report."""
    return f"{manifest['kind']} {manifest['metadata'].get('namespace', '')}/{manifest['metadata']['name']}"


def home(*, organisation: Organisation) -> str:
    """Name the home namespace of an organisation."""
    return f"org-{organisation.metadata.name}"


def places() -> list[Organisation]:
    """Give the wards and communes."""
    return [each for each in objects(kind=Organisation) if each.spec.kind in ("ward", "commune")]


def level(*, system: InformationSystem) -> int:
    """Compute the effective level of a system, as the operator would."""
    computed = compute_level(facts=system.spec.model_dump(mode="json", by_alias=True), framework=load_framework(name="vn-2026"))
    return effective_level(computed=computed.level, proposed=system.spec.proposed_level)


def levels() -> dict[tuple[str, str], int]:
    """Give the effective level of every system, by home namespace and name."""
    return {(each.metadata.namespace, each.metadata.name): level(system=each) for each in objects(kind=InformationSystem)}


def amount(*, quantity: str) -> Decimal:
    """Read a Kubernetes quantity as a number of cores or bytes."""
    return Decimal(parse_quantity(quantity))  # type: ignore[no-untyped-call]  # the library is not annotated


def accented(*, text: str) -> bool:
    """Tell whether a text holds a letter of Vietnamese that English has not."""
    return any(unicodedata.combining(each) for each in unicodedata.normalize("NFD", text)) or "đ" in text.lower()


def run(*, script: pathlib.Path, arguments: Iterable[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run the generator as its users do."""
    return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_what_is_committed_is_what_the_data_give() -> None:
    result = run(script=EXAMPLES / "generate.py", arguments=["--check"])
    assert (result.returncode, result.stderr) == (0, "")


def test_a_stale_file_is_named_and_written_anew(tmp_path: pathlib.Path) -> None:
    copy = shutil.copytree(EXAMPLES, tmp_path / "examples")
    script, stale, surplus = copy / "generate.py", copy / "hanoi-2026" / "systems.yaml", copy / "hanoi-2026" / "old.yaml"
    stale.write_text(stale.read_text("utf-8").replace("Hà Nội", "Ha Noi").replace("iHaNoi", "iHanoi"), "utf-8")
    surplus.write_text("{}", "utf-8")
    before = run(script=script, arguments=["--check"])
    assert before.returncode == 1
    assert [line.split()[0] for line in before.stderr.splitlines()] == ["examples/hanoi-2026/old.yaml", "examples/hanoi-2026/systems.yaml"]
    assert run(script=script).returncode == 0
    assert run(script=script, arguments=["--check"]).returncode == 0
    assert stale.read_text("utf-8") == (HANOI / "systems.yaml").read_text("utf-8")
    assert not surplus.exists()


@pytest.mark.parametrize("folder", [HANOI, BEFORE, EXAMPLES / "small"], ids=lambda folder: folder.name)
def test_every_object_fits_its_model_and_has_no_field_that_the_model_drops(folder: pathlib.Path) -> None:
    for manifest in manifests(folder=folder):
        read = BY_NAME[manifest["kind"]].model_validate(manifest).model_dump(mode="json", by_alias=True, exclude_unset=True)
        assert read["spec"] == manifest["spec"], title(manifest=manifest)
        assert read["metadata"] == manifest["metadata"], title(manifest=manifest)


@pytest.mark.parametrize("folder", [HANOI, BEFORE, EXAMPLES / "small"], ids=lambda folder: folder.name)
def test_names_are_slugs_and_unique(folder: pathlib.Path) -> None:
    assert [key for key, count in collections.Counter(title(manifest=each) for each in manifests(folder=folder)).items() if count > 1] == []
    for manifest in manifests(folder=folder):
        name = manifest["metadata"]["name"]
        assert re.fullmatch(SLUG, name), title(manifest=manifest)
        longest = LONGEST_NAME_OF_A_CHANGE if manifest["kind"] == "OrgChange" else LONGEST_NAME
        assert 3 <= len(name) <= longest, title(manifest=manifest)


def test_all_departments_wards_and_communes_are_there() -> None:
    kinds = collections.Counter(each.spec.kind for each in objects(kind=Organisation))
    assert kinds["ward"] == 51
    assert kinds["commune"] == 75
    assert kinds["department"] == 15
    assert kinds.total() >= 143


def test_codes_are_unique_well_formed_and_marked_as_placeholders() -> None:
    organisations = objects(kind=Organisation)
    assert len({each.spec.code for each in organisations}) == len(organisations)
    for each in organisations:
        assert re.fullmatch(r"H26\.Z[0-9]+", each.spec.code), each.metadata.name
        assert each.metadata.labels == {"citycloud.dev/placeholder": "true"}


def test_wards_and_communes_have_their_official_codes() -> None:
    codes = [each.spec.statistics_code or "" for each in places()]
    assert len(set(codes)) == 126
    assert all(re.fullmatch("[0-9]{5}", code) for code in codes)


def test_names_of_wards_and_communes_are_written_in_vietnamese() -> None:
    prefixes = {"ward": ("Phường ", " Ward"), "commune": ("Xã ", " Commune")}
    for each in places():
        vi, en = prefixes[each.spec.kind]
        assert each.spec.names.vi.startswith(vi), each.metadata.name
        assert each.spec.names.en.endswith(en), each.metadata.name
        assert accented(text=each.spec.names.vi), each.metadata.name
        assert not accented(text=each.spec.names.en), each.metadata.name
    own = [each.spec.names.vi.removeprefix("Phường ").removeprefix("Xã ") for each in places()]
    assert sorted(name for name in own if not accented(text=name)) == ["Kim Anh", "Quang Minh", "Thanh Oai"]


def test_every_system_and_environment_is_in_the_home_of_an_organisation() -> None:
    homes = {home(organisation=each) for each in objects(kind=Organisation)}
    namespaced = [*objects(kind=InformationSystem), *objects(kind=Environment)]
    assert {each.metadata.namespace for each in namespaced} <= homes


@pytest.mark.parametrize("folder", [HANOI, BEFORE, EXAMPLES / "small"], ids=lambda folder: folder.name)
def test_the_system_of_every_environment_is_in_the_same_namespace(folder: pathlib.Path) -> None:
    systems = {(each.metadata.namespace, each.metadata.name) for each in objects(kind=InformationSystem, folder=folder)}
    for each in objects(kind=Environment, folder=folder):
        assert (each.metadata.namespace, each.spec.system) in systems, each.metadata.name


def test_every_ward_and_commune_has_a_place_to_test_its_one_stop_point() -> None:
    tests = {each.metadata.namespace for each in objects(kind=Environment) if each.metadata.name == "mot-cua-thu"}
    assert tests == {home(organisation=each) for each in places()}


def test_namespaces_and_hosts_are_unique_and_short_enough() -> None:
    namespaces, hosts = [], []
    for each in objects(kind=Environment):
        organisation = each.metadata.namespace.removeprefix("org-")
        namespaces += [f"{organisation}--{each.metadata.name}--{zone}" for zone in each.spec.zones]
        hosts += [f"{host}.{organisation}" for host in each.spec.hosts]
    assert len(set(namespaces)) == len(namespaces)
    assert max(map(len, namespaces)) <= LONGEST_NAMESPACE
    assert len(set(hosts)) == len(hosts)


def test_zones_are_known_to_the_profile_of_the_level() -> None:
    profiles = {each.metadata.name: each for each in objects(kind=SecurityProfile, folder=ROOT / "policies" / "profiles")}
    found = levels()
    for each in objects(kind=Environment):
        profile = profiles[f"vn-2026-l{found[each.metadata.namespace, each.spec.system]}"]
        assert set(each.spec.zones) <= set(profile.spec.zones), each.metadata.name
        assert not each.spec.hosts or "dmz" in each.spec.zones, each.metadata.name


@pytest.mark.parametrize("folder", [HANOI, BEFORE, EXAMPLES / "small"], ids=lambda folder: folder.name)
def test_the_environments_of_an_organisation_fit_its_budget(folder: pathlib.Path) -> None:
    sizes = {each.metadata.name: each.spec.quota for each in objects(kind=SizeClass, folder=ROOT / "policies" / "sizes")}
    asked: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for environment in objects(kind=Environment, folder=folder):
        quota = sizes[environment.spec.size]
        wanted = {what: amount(quantity=quota[f"requests.{what}"]) for what in ("cpu", "memory", "storage")}
        asked[environment.metadata.namespace].update({"environments": 1, **wanted})
    for organisation in objects(kind=Organisation, folder=folder):
        budget = organisation.spec.budget
        for what, most in {
            "environments": budget.environments,
            "cpu": budget.cpu,
            "memory": budget.memory,
            "storage": budget.storage,
        }.items():
            assert asked[home(organisation=organisation)][what] <= amount(quantity=str(most)), (organisation.metadata.name, what)


def test_budgets_are_quantities_that_the_api_takes() -> None:
    for each in objects(kind=Organisation):
        budget = each.spec.budget
        assert all(re.fullmatch(QUANTITY, quantity) for quantity in (budget.cpu, budget.memory, budget.storage)), each.metadata.name


def test_tests_need_no_human_and_every_other_stage_does() -> None:
    (city,) = objects(kind=City)
    automatic, found = city.spec.approval.automatic, levels()
    orders = {each.metadata.name: each.spec.order for each in objects(kind=SizeClass, folder=ROOT / "policies" / "sizes")}
    for each in objects(kind=Environment):
        small = orders[each.spec.size] <= orders[automatic.max_size or ""]
        low = found[each.metadata.namespace, each.spec.system] <= automatic.max_level
        assert (small and low and each.spec.stage in automatic.stages) == (each.spec.stage == "test"), each.metadata.name


def test_production_shows_every_state_of_a_dossier() -> None:
    systems = {(each.metadata.namespace, each.metadata.name): each for each in objects(kind=InformationSystem)}
    wanted = [systems[each.metadata.namespace, each.spec.system] for each in objects(kind=Environment) if each.spec.stage == "production"]
    states = collections.Counter(
        dossier_state(dossier=each.spec.dossier, effective_level=level(system=each), framework="vn-2026", today=TODAY) for each in wanted
    )
    assert states == {"approved": 11, "missing": 6, "insufficient": 1, "expired": 1}


def test_the_readme_counts_right() -> None:
    readme, environments = (EXAMPLES / "README.md").read_text("utf-8"), objects(kind=Environment)
    stages = collections.Counter(each.spec.stage for each in environments)
    staged = f"{stages['test']} test, {stages['staging']} staging, {stages['production']} production"
    namespaces = sum(len(each.spec.zones) for each in environments)
    assert f"| organisations | {len(objects(kind=Organisation))}: " in readme
    assert f"| information systems | {len(objects(kind=InformationSystem))}: " in readme
    assert f"| environments | {len(environments)} ({staged}), which become {namespaces} namespaces |" in readme


def test_the_sample_workload_runs_in_the_sample_environment() -> None:
    deployment, service = yaml.safe_load_all((EXAMPLES / "small" / "workload.yaml").read_text("utf-8"))
    (environment,) = objects(kind=Environment, folder=EXAMPLES / "small")
    organisation = environment.metadata.namespace.removeprefix("org-")
    namespace = f"{organisation}--{environment.metadata.name}--{environment.spec.zones[0]}"
    assert {each["metadata"]["namespace"] for each in (deployment, service)} == {namespace}
    assert deployment["spec"]["template"]["metadata"]["labels"].items() >= service["spec"]["selector"].items()


def test_the_sample_workload_asks_for_no_privilege() -> None:
    deployment, _ = yaml.safe_load_all((EXAMPLES / "small" / "workload.yaml").read_text("utf-8"))
    (city,) = objects(kind=City, folder=EXAMPLES / "small")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["nodeSelector"] == city.spec.locations[0].node_selector
    assert re.fullmatch(rf"{re.escape(city.spec.registries[0])}/so-y-te/web@sha256:[0-9a-f]{{64}}", container["image"])
