"""Which level a department sees for its system, and why."""

from collections.abc import Iterator
from typing import Any, Final, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycloud.api.information_system import InformationSystemSpec, SystemType
from citycloud.levels import (
    ComputedLevel,
    Framework,
    UndecidableLevel,
    UnknownFramework,
    compute_level,
    effective_level,
    framework_names,
    load_framework,
)

Facts = dict[str, Any]
Row = tuple[str, Facts, int, str]

LOWEST: Final = 1
HIGHEST: Final = 5

KINDS: Final = ("none", "basic", "sensitive")
SCOPES: Final = ("organisation", "province", "nation")
GRADES: Final = ("none", "iv", "iii", "ii", "i", "special")
FLAGS: Final = ("handlesProcedures", "conditionalBusiness", "privateInformation", "alwaysOn", "eGovernment", "backbone", "criticalList")


def facts(**given_facts: Any) -> Facts:
    """Complete the facts with the model's defaults, as a controller does."""
    spec = {"names": {"vi": "Thử", "en": "Test"}, "contacts": {"owner": "chu-quan@hanoi.example"}, **given_facts}
    return InformationSystemSpec.model_validate(spec).model_dump(mode="json", by_alias=True)


def level_of(framework: str, **given_facts: Any) -> ComputedLevel:
    return compute_level(facts=facts(**given_facts), framework=load_framework(name=framework))


def people(kind: Literal["basic", "sensitive"], subjects: int) -> Facts:
    return {"personalData": {"kind": kind, "subjects": subjects}}


SHARED_ROWS: Final[tuple[tuple[Facts, int, str], ...]] = (
    ({"type": "a"}, 1, "any-system"),
    ({"type": "a"}, 1, "internal-public-information"),
    ({"type": "a", "privateInformation": True}, 2, "internal-private-information"),
    ({"type": "a", **people("basic", 40)}, 2, "internal-personal-data"),
    ({"type": "a", **people("sensitive", 9_000_000)}, 2, "internal-personal-data"),
    ({"type": "a", "handlesProcedures": True}, 3, "administrative-procedures"),
    ({"type": "a", "eGovernment": True, "alwaysOn": True}, 4, "e-government-platform"),
    ({"type": "b"}, 2, "service-unconditional"),
    ({"type": "b", "conditionalBusiness": True}, 3, "service-conditional"),
    ({"type": "b", "handlesProcedures": True}, 3, "administrative-procedures"),
    ({"type": "c"}, 2, "infrastructure-of-one-organisation"),
    ({"type": "c", "alwaysOn": True}, 2, "infrastructure-of-one-organisation"),
    ({"type": "c", "serves": "province"}, 3, "infrastructure-of-a-province"),
    ({"type": "c", "serves": "province", "alwaysOn": True}, 3, "infrastructure-of-a-province"),
    ({"type": "c", "serves": "nation"}, 3, "infrastructure-of-a-province"),
    ({"type": "c", "serves": "nation", "alwaysOn": True}, 4, "infrastructure-of-the-nation"),
    ({"type": "d"}, 1, "any-system"),
    ({"type": "d", "worksGrade": "iv"}, 3, "works-grade-ii-to-iv"),
    ({"type": "d", "worksGrade": "iii"}, 3, "works-grade-ii-to-iv"),
    ({"type": "d", "worksGrade": "ii"}, 3, "works-grade-ii-to-iv"),
    ({"type": "d", "worksGrade": "i"}, 4, "works-grade-i"),
    ({"type": "d", "worksGrade": "special"}, 5, "works-special-grade"),
    ({"type": "e"}, 1, "any-system"),
    ({"type": "e", "handlesProcedures": True}, 3, "administrative-procedures"),
    ({"type": "e", "backbone": True}, 5, "backbone-or-national-data"),
)
OWN_ROWS: Final[tuple[Row, ...]] = (
    ("vn-2026", {"type": "b", **people("basic", 99_999)}, 2, "service-basic-data-below-100000"),
    ("vn-2026", {"type": "b", **people("basic", 100_000)}, 3, "service-basic-data-from-100000"),
    ("vn-2026", {"type": "b", **people("sensitive", 9_999)}, 2, "service-sensitive-data-below-10000"),
    ("vn-2026", {"type": "b", **people("sensitive", 10_000)}, 3, "service-sensitive-data-from-10000"),
    ("vn-2026", {"type": "d"}, 1, "ungraded-works-by-risk"),
    ("vn-2026", {"type": "e"}, 1, "other-by-risk"),
    ("vn-2026", {"type": "b", "eGovernment": True}, 4, "e-government-platform"),
    ("vn-2026", {"type": "a", "criticalList": True}, 5, "critical-to-national-security"),
    ("vn-2016", {"type": "b"}, 2, "service-without-procedures"),
    ("vn-2016", {"type": "b", **people("basic", 9_999)}, 2, "service-data-below-10000"),
    ("vn-2016", {"type": "b", **people("basic", 10_000)}, 3, "service-data-from-10000"),
    ("vn-2016", {"type": "b", **people("sensitive", 9_999)}, 2, "service-data-below-10000"),
    ("vn-2016", {"type": "b", **people("sensitive", 10_000)}, 3, "service-data-from-10000"),
    ("vn-2016", {"type": "b", "eGovernment": True}, 2, "service-unconditional"),
    ("vn-2016", {"type": "e"}, 1, "other-system"),
    ("vn-2016", {"type": "a", "criticalList": True}, 5, "critical-by-decision"),
)


def rows() -> Iterator[Row]:
    for framework in ("vn-2016", "vn-2026"):
        yield from ((framework, row, level, reason) for row, level, reason in SHARED_ROWS)
    yield from OWN_ROWS


@st.composite
def systems(draw: st.DrawFn, *, types: tuple[str, ...] = get_args(SystemType)) -> Facts:
    """Draw the facts of any system that the API accepts."""
    system_type = draw(st.sampled_from(types))
    kind = draw(st.sampled_from(KINDS))
    return {
        "type": system_type,
        "serves": draw(st.sampled_from(SCOPES)),
        "worksGrade": draw(st.sampled_from(GRADES)) if system_type == "d" else "none",
        "personalData": {"kind": kind, "subjects": 0 if kind == "none" else draw(st.integers(0, 100_000_000))},
        **{flag: draw(st.booleans()) for flag in FLAGS},
    }


@st.composite
def lighter_and_heavier(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """Draw two systems of one type, the second at least as heavy as the first in every fact."""
    lighter = draw(systems())
    other = draw(systems(types=(lighter["type"],)))
    heavier = {
        "type": lighter["type"],
        "serves": max(lighter["serves"], other["serves"], key=SCOPES.index),
        "worksGrade": max(lighter["worksGrade"], other["worksGrade"], key=GRADES.index),
        "personalData": {
            "kind": max(lighter["personalData"]["kind"], other["personalData"]["kind"], key=KINDS.index),
            "subjects": max(lighter["personalData"]["subjects"], other["personalData"]["subjects"]),
        },
        **{flag: lighter[flag] or other[flag] for flag in FLAGS},
    }
    return lighter, heavier


frameworks = st.sampled_from([load_framework(name=name) for name in framework_names()])


@pytest.mark.parametrize(("framework", "row", "level", "reason"), tuple(rows()))
def test_a_system_gets_its_level_with_the_criterion_that_gave_it(framework: str, row: Facts, level: int, reason: str) -> None:
    computed = level_of(framework, **row)

    assert computed.level == level
    assert reason in [criterion.id for criterion in computed.matched if criterion.level == level]


@pytest.mark.parametrize("framework", framework_names())
def test_the_table_leaves_no_criterion_out(framework: str) -> None:
    asked = {reason for name, _, _, reason in rows() if name == framework}

    assert asked == {criterion.id for criterion in load_framework(name=framework).criteria}


def test_the_two_frameworks_count_people_differently() -> None:
    assert level_of("vn-2026", type="b", **people("basic", 50_000)).level == 2
    assert level_of("vn-2016", type="b", **people("basic", 50_000)).level == 3


def test_the_deciding_criteria_are_read_first_and_the_rest_after() -> None:
    matched = level_of("vn-2026", type="b", handlesProcedures=True, eGovernment=True, **people("sensitive", 250_000)).matched

    assert [(criterion.level, criterion.id) for criterion in matched] == [
        (4, "e-government-platform"),
        (3, "administrative-procedures"),
        (3, "service-sensitive-data-from-10000"),
        (2, "service-unconditional"),
        (1, "any-system"),
    ]


def test_a_gap_in_the_facts_is_an_error_and_not_a_lower_level() -> None:
    incomplete = facts(type="b")
    del incomplete["personalData"]["subjects"]
    incomplete["personalData"]["kind"] = "basic"

    with pytest.raises(UndecidableLevel, match=r"personalData\.subjects is missing"):
        compute_level(facts=incomplete, framework=load_framework(name="vn-2026"))


def test_a_count_that_is_no_number_is_an_error() -> None:
    broken = facts(type="b", **people("basic", 10))
    broken["personalData"]["subjects"] = "many"

    with pytest.raises(UndecidableLevel, match=r"personalData\.subjects is 'many'"):
        compute_level(facts=broken, framework=load_framework(name="vn-2026"))


def test_a_framework_without_a_catch_all_says_so() -> None:
    whole = load_framework(name="vn-2026")
    partial = Framework(name="partial", names=whole.names, source=whole.source, criteria=())

    with pytest.raises(UndecidableLevel, match="no criterion of partial"):
        compute_level(facts=facts(type="a"), framework=partial)


def test_a_wrong_framework_is_answered_with_the_ones_to_choose_from() -> None:
    with pytest.raises(UnknownFramework, match="'vn-2031'; choose one of vn-2016, vn-2026"):
        load_framework(name="vn-2031")


@given(framework=frameworks, system=systems())
def test_every_system_gets_a_level_and_a_reason(framework: Framework, system: Facts) -> None:
    computed = compute_level(facts=facts(**system), framework=framework)

    assert LOWEST <= computed.level <= HIGHEST
    assert computed.matched
    assert computed.level == computed.matched[0].level == max(criterion.level for criterion in computed.matched)


@given(framework=frameworks, pair=lighter_and_heavier())
def test_heavier_facts_never_lower_the_level(framework: Framework, pair: tuple[Facts, Facts]) -> None:
    lighter, heavier = pair

    before = compute_level(facts=facts(**lighter), framework=framework)
    after = compute_level(facts=facts(**heavier), framework=framework)

    assert after.level >= before.level


@given(framework=frameworks, system=systems(), more=st.integers(0, 100_000_000))
def test_more_people_never_lower_the_level(framework: Framework, system: Facts, more: int) -> None:
    data = system["personalData"]
    crowded = {**system, "personalData": {**data, "subjects": min(100_000_000, data["subjects"] + (0 if data["kind"] == "none" else more))}}

    before = compute_level(facts=facts(**system), framework=framework)
    after = compute_level(facts=facts(**crowded), framework=framework)

    assert after.level >= before.level


@given(framework=frameworks, system=systems())
def test_the_same_facts_always_read_the_same(framework: Framework, system: Facts) -> None:
    assert compute_level(facts=facts(**system), framework=framework) == compute_level(facts=facts(**system), framework=framework)


@given(computed=st.integers(LOWEST, HIGHEST), proposed=st.none() | st.integers(LOWEST, HIGHEST))
def test_a_department_may_raise_its_level_but_never_lower_it(computed: int, proposed: int | None) -> None:
    effective = effective_level(computed=computed, proposed=proposed)

    assert effective >= computed
    assert effective in (computed, proposed)
    assert proposed is None or effective >= proposed
