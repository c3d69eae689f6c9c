"""Who gets the last place: first come, first served, never beyond the budget, and whoever had to wait goes on by themselves."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office

MINUTE: Final = 60.0
ONE_M: Final = {"environments": 4, "cpu": "8", "memory": "16Gi", "storage": "200Gi"}
ONE_M_AND_ONE_S: Final = {"environments": 4, "cpu": "10", "memory": "20Gi", "storage": "240Gi"}


def purge(office: "Office", name: str) -> None:
    """Let an environment go as if it had been purged: its children first, then itself."""
    for key in [key for key in office.server.objects if f"--{name}--" in f"{key.namespace}{key.name}"]:
        office.observed.forget(key)
    office.remove("Environment", name)


def half_as_much_again(office: "Office") -> dict[str, Any]:
    """Make a size that is larger by no more than what nobody has to approve."""
    small = next(body for body in office.sample.bodies() if (body["kind"], body["metadata"]["name"]) == ("SizeClass", "s"))
    quota = {**small["spec"]["quota"], "requests.cpu": "3", "requests.memory": "6Gi"}
    return {
        **small,
        "metadata": {**small["metadata"], "name": "s-half", "uid": "half"},
        "spec": {**small["spec"], "order": 15, "quota": quota},
    }


async def test_of_two_wishes_for_the_last_place_one_is_granted(office: "Office") -> None:
    office.change("Organisation", "so-y-te", budget={"environments": 1, "cpu": "16", "memory": "32Gi", "storage": "400Gi"})
    for name in ("one", "two", "three"):
        office.ask(name)
    await office.settle()

    assert sorted(office.reason(name) for name in ("one", "two", "three")) == ["OverBudget", "OverBudget", "Ready"]


async def test_a_host_belongs_to_whoever_came_first(office: "Office") -> None:
    office.ask("one", hosts=["ho-so"])
    office.ask("two", hosts=["ho-so"])
    await office.settle()

    assert (office.reason("one"), office.reason("two")) == ("Ready", "HostTaken")
    assert office.environment("one").status.hosts == ("ho-so.so-y-te.hanoi.example",)


async def test_a_refused_wish_goes_on_when_another_environment_is_gone(office: "Office") -> None:
    office.change("Organisation", "so-y-te", budget=ONE_M)
    office.ask("one", size="m")
    await office.settle()
    office.ask("two", size="m")
    await office.settle()
    assert office.reason("two") == "OverBudget"
    purge(office, "one")
    await office.settle_within(seconds=MINUTE)

    assert office.reason("two") == "Ready"


async def test_a_refused_wish_goes_on_when_another_environment_has_shrunk(office: "Office") -> None:
    office.change("Organisation", "so-y-te", budget=ONE_M_AND_ONE_S)
    office.ask("one", size="m")
    await office.settle()
    office.ask("two", size="m")
    await office.settle()
    assert office.reason("two") == "OverBudget"
    office.change("Environment", "one", size="s")
    await office.settle_within(seconds=MINUTE)

    assert office.reason("two") == "Ready"


async def test_a_refused_growth_goes_on_when_another_environment_is_gone(office: "Office") -> None:
    office.change("Organisation", "so-y-te", budget=ONE_M_AND_ONE_S)
    office.ask("one", size="m")
    office.ask("two", size="s")
    office.put(half_as_much_again(office))
    await office.settle()
    office.change("Environment", "two", size="s-half")
    await office.settle()
    assert office.reason("two") == "OverBudget"
    purge(office, "one")
    await office.settle_within(seconds=MINUTE)

    assert office.reason("two") == "Ready"


async def test_a_refused_host_goes_on_when_its_holder_lets_go(office: "Office") -> None:
    office.ask("one", hosts=["ho-so"])
    await office.settle()
    office.ask("two", hosts=["ho-so"])
    await office.settle()
    assert office.reason("two") == "HostTaken"
    office.change("Environment", "one", hosts=[])
    await office.settle_within(seconds=MINUTE)

    assert office.reason("two") == "Ready"


async def test_a_refused_wish_goes_on_when_the_one_before_it_cannot_have_its_namespace(office: "Office") -> None:
    """Give back the place of a wish whose namespace belongs to somebody else, and tell those who wait for it."""
    office.change("Organisation", "so-y-te", budget=ONE_M)
    name = "so-y-te--one--app"
    await office.server._store("create", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    office.ask("one", size="m")
    office.ask("two", size="m")
    await office.settle()
    assert (office.reason("one"), office.reason("two")) == ("NamespaceTaken", "Ready")


async def test_a_place_that_becomes_free_while_a_wish_is_being_refused_is_not_missed(office: "Office") -> None:
    """Let the holder go after the wish was judged and before its refusal is written down."""
    office.change("Organisation", "so-y-te", budget=ONE_M)
    office.ask("one", size="m")
    await office.settle()
    office.ask("two", size="m")
    purge(office, "one")
    await office.settle_within(seconds=MINUTE)

    assert office.reason("two") == "Ready"


async def test_a_size_that_grows_never_exceeds_the_budget_of_those_who_use_it(office: "Office") -> None:
    """Enlarge a size while a change of the environment waits for a decision."""
    office.change("Organisation", "so-y-te", budget={"environments": 4, "cpu": "4", "memory": "8Gi", "storage": "80Gi"})
    office.ask("one")
    office.ask("two")
    await office.settle()
    office.change("Environment", "one", stage="test", size="xl")
    await office.settle()
    size = next(body for key, body in office.server.objects.items() if (key.kind, key.name) == ("SizeClass", "s"))
    office.change("SizeClass", "s", quota={**size["spec"]["quota"], "requests.cpu": "3"})
    await office.settle()

    assert office.allocations.total("org-so-y-te").cpu <= 4_000


async def test_many_wishes_at_once_stay_within_the_budget(office: "Office") -> None:
    budget = {"environments": 10, "cpu": "16", "memory": "64Gi", "storage": "800Gi"}
    office.change("Organisation", "so-y-te", budget=budget)
    for number in range(40):
        office.ask(f"env-{number}")
    await office.settle()

    assert sum(office.reason(f"env-{number}") == "Ready" for number in range(40)) == 8
    assert office.allocations.total("org-so-y-te").cpu == 16_000
