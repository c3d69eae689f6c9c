"""What a wish means: every part of it is found and fits, or one refusal names the field and what to do."""

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api import KINDS, Environment
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved, resolve
from citycloud.engine.world import World

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Sample

    from citycloud.controllers.texts import Texts

NOW: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)
HOME: Final = "org-so-y-te"
BY_NAME: Final = {kind.definition.kind: kind for kind in KINDS}
Change = Callable[[dict[tuple[str, str], Any]], Any]
Resolve = Callable[..., Resolved]


def spec_of(kind: str, **fields: Any) -> Change:
    """Replace fields in the spec of every object of a kind."""
    return lambda bodies: [body["spec"].update(fields) for (each, _), body in bodies.items() if each == kind]


def without(kind: str, name: str) -> Change:
    return lambda bodies: bodies.pop((kind, name))


def nothing(_: dict[tuple[str, str], Any]) -> None:
    return None


@pytest.fixture
def resolved(sample: "Sample") -> Resolve:
    """Resolve the example after a change of the city, with fields of its spec replaced."""

    def run(change: Change = nothing, *, namespace: str = HOME, **spec: Any) -> Resolved:
        bodies: dict[Any, Any] = {(body["kind"], body["metadata"]["name"]): body for body in sample.bodies()}
        change(bodies)
        world = World(on_change=lambda *_: None)
        for body in bodies.values():
            world.put(kind=BY_NAME[body["kind"]], body=body)
        environment = Environment.model_validate(sample.environment(namespace=namespace, **spec))
        return resolve(environment=environment, spec=environment.spec, world=world, now=NOW)

    return run


def test_the_example_means_what_its_comments_say(resolved: Resolve) -> None:
    found = resolved()

    assert (found.level, found.profile.metadata.name, found.framework) == (3, "vn-2026-l3", "vn-2026")
    assert (found.organisation.metadata.name, found.system.metadata.name) == ("so-y-te", "ho-so-hanh-nghe")
    assert (found.location.name, found.zones, found.dossier) == ("municipal-cloud", ("app",), "missing")
    assert found.demand.show() == "cpu=2,memory=4Gi,storage=40Gi"


LOCATIONS: Final = [
    {"name": "first", "nodeSelector": {}, "levels": [1, 2, 3]},
    {"name": "second", "nodeSelector": {}, "levels": [3, 4], "default": True},
    {"name": "third", "nodeSelector": {}, "levels": [1]},
]
REFUSALS: Final[list[tuple[str, Change, dict[str, Any]]]] = [
    ("CityMissing", without("City", "city"), {}),
    ("OrganisationMissing", without("Organisation", "so-y-te"), {}),
    ("SystemMissing", without("InformationSystem", "ho-so-hanh-nghe"), {}),
    ("SystemMissing", nothing, {"system": "another"}),
    ("FrameworkUnknown", nothing, {"framework": "eu-2030"}),
    ("FrameworkUnknown", spec_of("City", defaultFramework="eu-2030"), {}),
    ("ProfileMissing", without("SecurityProfile", "vn-2026-l3"), {}),
    ("LevelOffPlatform", spec_of("InformationSystem", proposedLevel=5), {}),
    ("LevelNeedsOwnCluster", spec_of("SecurityProfile", isolation="dedicatedCluster"), {}),
    ("SizeMissing", nothing, {"size": "xxl"}),
    ("SizeUnreadable", spec_of("SizeClass", quota={"requests.cpu": "half"}), {}),
    ("LocationUnknown", nothing, {"location": "the-moon"}),
    ("LocationUnfit", spec_of("City", locations=LOCATIONS), {"location": "third"}),
    ("NoLocationForLevel", spec_of("InformationSystem", proposedLevel=4), {}),
    ("ZoneUnknown", nothing, {"zones": ["app", "wireless"]}),
    ("TemplateUnknown", nothing, {"template": "public-procedure"}),
    ("EndpointUnknown", nothing, {"egress": [{"endpoint": "population-db", "port": 443}]}),
    ("OpeningZoneUnknown", nothing, {"allowFrom": [{"site": "phuong-x", "segment": "office", "zone": "dmz", "ports": [8443]}]}),
]


@pytest.mark.parametrize(("key", "change", "spec"), REFUSALS, ids=[f"{key}-{number}" for number, (key, _, _) in enumerate(REFUSALS)])
def test_what_does_not_fit_is_refused_in_words(resolved: Resolve, texts: "Texts", key: str, change: Change, spec: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        resolved(change, **spec)

    assert (caught.value.key, caught.value.phase) == (key, "Refused")
    said = texts.say(caught.value.key, **caught.value.parameters)
    assert "{" not in said
    assert all(str(value) in said for value in spec.values() if isinstance(value, str))


@pytest.mark.parametrize(
    ("key", "change", "spec", "named"),
    [
        ("SizeMissing", nothing, {"size": "xxl"}, "s, m, l, xl"),
        ("LocationUnknown", spec_of("City", locations=LOCATIONS), {"location": "x"}, "first, second, third"),
        ("LocationUnfit", spec_of("City", locations=LOCATIONS), {"location": "third"}, "first, second"),
        ("ZoneUnknown", nothing, {"zones": ["x"]}, "dmz, app, data, management"),
        ("FrameworkUnknown", nothing, {"framework": "x"}, "vn-2016, vn-2026"),
    ],
)
def test_a_refusal_names_what_could_be_chosen_instead(
    resolved: Resolve, key: str, change: Change, spec: dict[str, Any], named: str
) -> None:
    with pytest.raises(Refusal) as caught:
        resolved(change, **spec)

    assert (caught.value.key, caught.value.parameters["known"]) == (key, named)


@pytest.mark.parametrize("namespace", ["so-y-te", "default", "so-y-te--ho-so-test--app"])
def test_a_wish_outside_a_home_namespace_belongs_to_no_organisation(resolved: Resolve, texts: "Texts", namespace: str) -> None:
    """Hold names injective: `so-y-te` and `org-so-y-te` must not lead to the same tenant namespaces."""

    def system_there(bodies: dict[Any, Any]) -> None:
        bodies["InformationSystem", "ho-so-hanh-nghe"]["metadata"]["namespace"] = namespace

    with pytest.raises(Refusal) as caught:
        resolved(system_there, namespace=namespace)
    assert (caught.value.key, caught.value.phase) == ("NotAHome", "Refused")
    said = texts.say(caught.value.key, **caught.value.parameters)
    assert all(namespace in each for each in said.split(" / "))


@pytest.mark.parametrize("time_zone", ["Asia/Hanoi", ""])
def test_a_time_zone_that_does_not_exist_is_refused_in_words(resolved: Resolve, texts: "Texts", time_zone: str) -> None:
    with pytest.raises(Refusal) as caught:
        resolved(spec_of("City", timeZone=time_zone))

    assert (caught.value.key, caught.value.phase) == ("TimeZoneUnknown", "Refused")
    assert caught.value.parameters == {"zone": time_zone}
    assert texts.say(caught.value.key, **caught.value.parameters).count("City.spec.timeZone") == 2


@pytest.mark.parametrize(
    ("change", "level", "location"),
    [
        (nothing, 3, "second"),
        (spec_of("InformationSystem", proposedLevel=4), 4, "second"),
        (spec_of("InformationSystem", handlesProcedures=False, personalData={"kind": "none"}), 2, "first"),
        (spec_of("InformationSystem", proposedLevel=1), 3, "second"),
    ],
)
def test_a_system_runs_where_its_level_is_taken_and_the_default_goes_first(
    resolved: Resolve, change: Change, level: int, location: str
) -> None:
    def both(bodies: dict[Any, Any]) -> None:
        change(bodies)
        spec_of("City", locations=LOCATIONS)(bodies)

    found = resolved(both)
    assert (found.level, found.location.name) == (level, location)


def test_a_location_that_fits_may_be_chosen(resolved: Resolve) -> None:
    assert resolved(spec_of("City", locations=LOCATIONS), location="first").location.name == "first"


@pytest.mark.parametrize(("zones", "found"), [(None, ("app",)), ([], ("app",)), (["data", "app"], ("data", "app"))])
def test_zones_are_those_that_were_asked_for_or_app(resolved: Resolve, zones: list[str] | None, found: tuple[str, ...]) -> None:
    assert resolved(zones=zones).zones == found


def test_hosts_lie_under_the_organisation_and_the_city(resolved: Resolve) -> None:
    assert resolved(hosts=["ho-so", "tra-cuu"]).hosts == ("ho-so.so-y-te.hanoi.example", "tra-cuu.so-y-te.hanoi.example")


@pytest.mark.parametrize(("framework", "profile"), [(None, "vn-2026-l3"), ("vn-2026", "vn-2026-l3"), ("vn-2016", "vn-2016-l3")])
def test_a_framework_of_its_own_counts_before_the_citys(resolved: Resolve, framework: str | None, profile: str) -> None:
    assert resolved(framework=framework).profile.metadata.name == profile


@pytest.mark.parametrize(
    ("dossier", "state"),
    [
        ({"level": 3, "framework": "vn-2026"}, "approved"),
        ({"level": 3, "framework": "vn-2026", "reviewDue": "2026-09-01"}, "approved"),
        ({"level": 3, "framework": "vn-2026", "reviewDue": "2026-08-31"}, "expired"),
        ({"level": 2, "framework": "vn-2026"}, "insufficient"),
        ({"level": 3, "framework": "vn-2016"}, "insufficient"),
    ],
)
def test_the_dossier_is_judged_on_todays_date_in_the_city(resolved: Resolve, dossier: dict[str, Any], state: str) -> None:
    frame = {"decisionNo": "1", "date": "2026-01-01", "approver": "x"}

    assert resolved(spec_of("InformationSystem", dossier=frame | dossier)).dossier == state
