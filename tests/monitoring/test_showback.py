"""`citycloud report cost` over months that a real Prometheus has stored: what lived half of one costs half, prices change, scrapes fail.

Four months of one year are written as blocks by Prometheus' own tool. Blocks hold no marks of staleness, so what ends is seen for up to
one moment longer than it would be after a scrape: that is how far a cost may be off here.
"""

import datetime
import json
import subprocess
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import objects, recorded
from tests.support.recorded import OFFICE, Recorded
from typer.testing import CliRunner

from citycloud.cli import connection
from citycloud.cli.app import app
from citycloud_dev.prometheus import Prometheus, start_prometheus

SECONDS = 120
SCRAPE = 240
OTHER = "so-noi-vu"
CPU, MEMORY = 250_000, 60_000
HANOI = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")
A_MOMENT = CPU * 4 / (28 * 288)
"""What the dearest system here costs for five minutes of the shortest month."""
Sample = tuple[str, float, int]
When = Callable[[float], bool]


def always_seen(day: float) -> bool:
    """Miss nothing."""
    return False


def start_of(month: int, *, day: float = 1) -> int:
    return int(datetime.datetime(2025, month, 1, tzinfo=HANOI).timestamp() + (day - 1) * 86_400)


def series(
    name: str, labels: dict[str, str], *, month: int, days: tuple[float, float], value: float, missing: When = always_seen
) -> Iterator[Sample]:
    """Sample a series from one day of a month to before another, except on days that are `missing`."""
    written = ",".join(f'{label}="{text}"' for label, text in labels.items())
    for moment in range(start_of(month, day=days[0]) + 17, start_of(month, day=days[1]), SCRAPE):
        if not missing((moment - start_of(month)) / 86_400 + 1):
            yield f"{name}{{{written}}}", value, moment


def allocated(system: str, resource: str = "cpu", *, office: str = OFFICE, pod: str = "a", **how: Any) -> Iterator[Sample]:
    labels = {"organisation": office, "system": system, "resource": resource, "instance": pod, "pod": f"citycloud-{pod}"}
    return series("citycloud_system_allocated", labels, **how)


def price(resource: str, *, pod: str = "a", **how: Any) -> Iterator[Sample]:
    return series("citycloud_unit_price", {"resource": resource, "currency": "VND", "instance": pod, "pod": f"citycloud-{pod}"}, **how)


def half_lives() -> Iterator[Sample]:
    """April, and the day before: the leadership goes from one replica to the other, and for two days both are seen."""
    for pod, days in (("a", (0, 20)), ("b", (18, 31))):
        yield from price("cpu", pod=pod, month=4, days=days, value=CPU)
        yield from price("memory", pod=pod, month=4, days=days, value=MEMORY)
        yield from allocated("ca-thang", pod=pod, month=4, days=days, value=4)
        yield from allocated("van-thu", "memory", office=OTHER, pod=pod, month=4, days=days, value=8 * 2**30)
    yield from allocated("nua-dau", month=4, days=(1, 16), value=2)
    yield from allocated("nua-sau", pod="b", month=4, days=(18, 31), value=2)
    yield from allocated("lon-len", month=4, days=(1, 16), value=1)
    yield from allocated("lon-len", month=4, days=(16, 20), value=3)
    yield from allocated("lon-len", pod="b", month=4, days=(18, 31), value=3)


def changed_price() -> Iterator[Sample]:
    """June: a core is twice as dear from the 16th on."""
    yield from price("cpu", month=6, days=(1, 16), value=CPU)
    yield from price("cpu", month=6, days=(16, 31), value=2 * CPU)
    yield from allocated("ca-thang", month=6, days=(1, 31), value=4)
    yield from allocated("nua-dau", month=6, days=(1, 16), value=4)


def gaps() -> Iterator[Sample]:
    """September: for six days of thirty nobody scraped."""
    missing: When = lambda day: 10 <= day < 16  # noqa: E731
    yield from price("cpu", month=9, days=(1, 31), value=CPU, missing=missing)
    yield from allocated("ca-thang", month=9, days=(1, 31), value=4, missing=missing)


def new_currency() -> Iterator[Sample]:
    """November: prices are in dollars from the 11th on, and for a minute more in dong as well."""
    for currency, days in (("VND", (1, 11.001)), ("USD", (11, 31))):
        labels = {"resource": "cpu", "currency": currency, "instance": "a"}
        yield from series("citycloud_unit_price", labels, month=11, days=days, value=10)
    yield from allocated("ca-thang", month=11, days=(1, 31), value=4)


def as_open_metrics(samples: Iterable[Sample]) -> str:
    names = ("citycloud_system_allocated", "citycloud_unit_price")
    lines = sorted(samples, key=lambda each: (not each[0].startswith(names[0]), each[0], each[2]))
    text = [f"# TYPE {names[0]} gauge"]
    for position, (name, value, moment) in enumerate(lines):
        if position and name.startswith(names[1]) and lines[position - 1][0].startswith(names[0]):
            text.append(f"# TYPE {names[1]} gauge")
        text.append(f"{name} {value:g} {moment}" if value < 1e6 else f"{name} {value:.0f} {moment}")
    return "\n".join([*text, "# EOF", ""])


@pytest.fixture(scope="module")
def history(programs: dict[str, Path], promtool: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Run a Prometheus that has seen four months of 2025, and scrapes nobody."""
    folder = tmp_path_factory.mktemp("history")
    (folder / "months.txt").write_text(as_open_metrics([*half_lives(), *changed_price(), *gaps(), *new_currency()]))
    written, blocks = str(folder / "months.txt"), str(folder / "data")
    command = [str(promtool), "tsdb", "create-blocks-from", "--max-block-duration=744h", "openmetrics", written, blocks]
    made = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    running = start_prometheus(program=programs["prometheus"], folder=folder, targets={}, rules={"groups": []}, keeps="10y")
    yield running
    running.process.stop()


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Two departments as the API server knows them today; what they had in 2025 it does not say."""
    server = recorded.office(prices={"currency": "VND", "cpuMonth": 1})
    server.put(objects.organisation(OTHER))
    monkeypatch.setattr(connection, "connect", lambda **_: server)
    return server


@pytest.fixture
def bill(history: Prometheus, city: Recorded) -> Callable[..., dict[str, Any]]:
    """Ask for one month of 2025."""

    def ask(month: str, *arguments: str) -> dict[str, Any]:
        result = CliRunner().invoke(app, ["report", "cost", "--prometheus", history.address, "--month", month, *arguments])
        assert result.exit_code == 0, result.stderr
        data: dict[str, Any] = json.loads(result.stdout)
        return data

    return ask


def costs(data: dict[str, Any]) -> dict[str, int]:
    return {each["system"]: each["cost"] for organisation in data["organisations"] for each in organisation["systems"]}


def test_what_lived_half_the_month_costs_half_whoever_was_scraped(bill: Callable[..., dict[str, Any]]) -> None:
    data = bill("2025-04")
    found = costs(data)

    assert found["ca-thang"] == 4 * CPU, "two replicas that both tell count once"
    assert found["van-thu"] == 8 * MEMORY
    assert abs(found["nua-dau"] - 2 * CPU / 2) <= A_MOMENT
    assert abs(found["nua-sau"] - 2 * CPU * 13 / 30) <= A_MOMENT
    assert abs(found["lon-len"] - (1 * CPU / 2 + 3 * CPU / 2)) <= A_MOMENT
    assert (data["coverage"], data["cost"]) == (1, sum(found.values()))
    (large,) = [each for each in data["organisations"][1]["systems"] if each["system"] == "lon-len"]
    assert abs(large["cpuCores"] - 2) <= 0.001


def test_a_department_is_told_the_same_of_itself(bill: Callable[..., dict[str, Any]]) -> None:
    whole = bill("2025-04")["organisations"]

    assert bill("2025-04", "--organisation", OFFICE)["organisations"] == [each for each in whole if each["organisation"] == OFFICE]


def test_each_day_is_paid_at_its_own_price(bill: Callable[..., dict[str, Any]]) -> None:
    found = costs(bill("2025-06"))

    assert abs(found["ca-thang"] - (4 * CPU + 4 * 2 * CPU) / 2) <= 2 * A_MOMENT
    assert abs(found["nua-dau"] - 4 * CPU / 2) <= 2 * A_MOMENT, "it was gone when the price rose"


def test_days_that_nobody_saw_cost_nothing_and_are_told(bill: Callable[..., dict[str, Any]], history: Prometheus) -> None:
    data = bill("2025-09")

    assert abs(costs(data)["ca-thang"] - 4 * CPU * 24 / 30) <= A_MOMENT
    assert abs(data["coverage"] - 0.8) <= 0.001
    table = ["report", "cost", "--prometheus", history.address, "--month=2025-09", "--output=table", "--lang=vi"]
    assert "Phần còn thiếu không tính tiền" in CliRunner().invoke(app, table, env={"COLUMNS": "200"}).stdout


def test_a_month_before_anything_was_kept_has_no_bill(history: Prometheus, city: Recorded) -> None:
    result = CliRunner().invoke(app, ["report", "cost", "--prometheus", history.address, "--month=2025-01", "--lang=vi"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Prometheus không có số liệu nào của tháng 2025-01" in result.stderr


def test_two_currencies_are_named_and_not_added_up(history: Prometheus, city: Recorded) -> None:
    """For a moment both are seen, which would be two prices for one core."""
    result = CliRunner().invoke(app, ["report", "cost", "--prometheus", history.address, "--month=2025-11", "--lang=en"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "several currencies (USD, VND)" in result.stderr
