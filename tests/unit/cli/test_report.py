"""`citycloud report cost`: who is told what their systems cost, at what is allocated now and over a month as Prometheus saw it."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support import metering, objects, recorded
from tests.support.metering import Metered
from tests.support.recorded import HOME, OFFICE, Recorded
from tests.unit.cli.conftest import Run

from citycloud_dev.processes import free_ports

OTHER = "so-noi-vu"
ALL = "/apis/citycloud.dev/v1alpha1"
OCTOBER = 1_790_787_600
"""2026-10-01 in Hanoi, in seconds since 1970."""
DAY = 86_400
VND = {("cpu", "VND"): 250_000.0, ("memory", "VND"): 60_000.0, ("storage", "VND"): 2_500.0}
ENVIRONMENT = {
    (OFFICE, "he-thong", "cpu"): 2.0,
    (OFFICE, "he-thong", "memory"): 4.0 * 2**30,
    (OFFICE, "he-thong", "storage"): 50.0 * 2**30,
    (OTHER, "van-thu", "cpu"): 1.0,
}
MONTHLY = 2 * 250_000 + 4 * 60_000 + 50 * 2_500


def answer(ask: Run, *arguments: str) -> dict[str, Any]:
    result = ask("report", "cost", *arguments)
    assert result.exit_code == 0, result.stderr
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def costs(data: dict[str, Any]) -> dict[str, int]:
    return {f"{each['organisation']}/{one['system']}": one["cost"] for each in data["organisations"] for one in each["systems"]}


@pytest.fixture
def city(department: Recorded) -> Recorded:
    """Two departments, of which one has two environments of one system that hold something, and one that waits."""
    for body in (objects.organisation(OTHER), objects.system(OTHER, "van-thu")):
        department.put(body)
    for body in (recorded.ready("mot"), recorded.ready("hai"), recorded.waiting("cho", size="l")):
        department.put(body)
    other = recorded.ready("ba")
    other["metadata"]["namespace"] = f"org-{OTHER}"
    other["spec"]["system"] = "van-thu"
    department.put(other)
    return department


def test_a_month_at_what_is_allocated_now(ask: Run, city: Recorded) -> None:
    data = answer(ask)

    assert costs(data) == {f"{OTHER}/van-thu": recorded.cost("s"), f"{OFFICE}/he-thong": 2 * recorded.cost("s")}
    assert (data["cost"], data["currency"], data["basis"], data["month"]) == (3 * recorded.cost("s"), "VND", "presentRate", None)
    amounts = recorded.amounts("s")
    (system,) = next(each for each in data["organisations"] if each["organisation"] == OFFICE)["systems"]
    assert system["cpuCores"] == 2 * int(amounts["cpu"])
    assert system["memoryGiB"] == 2 * int(amounts["memory"].removesuffix("Gi"))


def test_a_department_is_told_of_itself(ask: Run, city: Recorded) -> None:
    city.forbidden |= {f"{ALL}/{each}" for each in ("organisations", "informationsystems", "environments")}

    assert costs(answer(ask, "--organisation", OFFICE)) == {f"{OFFICE}/he-thong": 2 * recorded.cost("s")}
    refused = ask("report", "cost", "--lang=vi")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "Hãy nêu cơ quan của bạn, ví dụ --organisation so-y-te" in refused.stderr


def test_people_see_money_as_they_write_it(ask: Run, city: Recorded) -> None:
    shown = ask("report", "cost", "--output=table", "--lang=vi").stdout
    total = f"{3 * recorded.cost('s'):,} ₫".replace(",", ".")
    assert total in next(line for line in shown.splitlines() if "Toàn thành phố" in line)
    assert "một lõi CPU 250.000 ₫" in shown
    assert "không phải hóa đơn" in shown
    english = ask("report", "cost", "--output=table", "--lang=en", f"--organisation={OFFICE}").stdout
    assert f"{2 * recorded.cost('s'):,} VND" in english
    assert "The whole city" not in english


def test_a_spreadsheet_gets_plain_numbers_and_no_total(ask: Run, city: Recorded) -> None:
    result = ask("report", "cost", "--output=csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout_bytes.decode("utf-8"), newline="")))

    assert result.stdout_bytes.count(b"\r\n") == result.stdout_bytes.count(b"\n") == 3
    assert {f"{row['organisation']}/{row['system']}": int(row["cost"]) for row in rows} == costs(answer(ask))
    assert {(row["month"], row["basis"], row["currency"], row["coverage"]) for row in rows} == {("", "presentRate", "VND", "")}


def test_without_prices_there_is_no_cost(ask: Run, city: Recorded) -> None:
    city.put(objects.city(prices={}))
    result = ask("report", "cost", "--lang=vi")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Nhóm nền tảng cần đặt City.spec.prices" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--month=2026-10",), "--prometheus is missing"),
        (("--prometheus=http://127.0.0.1:9090",), "--month is missing"),
        (("--organisation=so-y-te/ho-so",), "is no name of an organisation"),
        (("--organisation=khong-co",), "There is no organisations/khong-co"),
        (("--prometheus=http://127.0.0.1:1", "--month=10/2026"), "10/2026 is no month"),
        (("--prometheus=http://127.0.0.1:1", "--month=2999-01"), "2999-01 has not begun"),
        *[
            ((f"--prometheus={url}", "--month=2026-10"), f"{url} is no address of Prometheus")
            for url in (
                "file:///etc/passwd",
                "127.0.0.1:9090",
                "http://",
                "http://[",
                "http://a:99999",
                "http://an:mat-khau@127.0.0.1",
                "http://127.0.0.1?x=1",
            )
        ],
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(ask: Run, city: Recorded, arguments: tuple[str, ...], said: str) -> None:
    result = ask("report", "cost", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.fixture
def month(ask: Run, city: Recorded) -> Callable[..., Any]:
    """Ask for October 2026 of a Prometheus that answers by `respond`."""

    def run(respond: metering.Respond, *arguments: str) -> Any:
        with metering.answering(respond) as url:
            return ask("report", "cost", "--prometheus", url, "--month=2026-10", *arguments)

    return run


def steady(**changes: Any) -> Metered:
    return Metered(**{"amounts": lambda _: ENVIRONMENT, "prices": lambda _: VND, **changes})


def test_a_whole_month_costs_its_price(month: Callable[..., Any]) -> None:
    data = json.loads(month(steady()).stdout)

    assert costs(data) == {f"{OFFICE}/he-thong": MONTHLY, f"{OTHER}/van-thu": 250_000}
    assert (data["cost"], data["basis"], data["month"]) == (MONTHLY + 250_000, "measured", "2026-10")
    assert (data["coverage"], data["pricedShare"], data["isOver"]) == (1, 1, True)


def test_half_a_month_of_life_costs_half(month: Callable[..., Any]) -> None:
    half = OCTOBER + 31 * DAY // 2
    data = json.loads(month(steady(amounts=lambda at: ENVIRONMENT if at < half else {})).stdout)

    assert costs(data) == {f"{OFFICE}/he-thong": MONTHLY // 2, f"{OTHER}/van-thu": 125_000}
    assert data["coverage"] == 1, "that something is gone is no gap"


def test_a_price_holds_from_the_moment_it_changes(month: Callable[..., Any]) -> None:
    dear = {key: 2 * price for key, price in VND.items()}
    data = json.loads(month(steady(prices=lambda at: VND if at < OCTOBER + 10 * DAY else dear), f"--organisation={OTHER}").stdout)

    assert data["cost"] == round(250_000 * (10 + 2 * 21) / 31)


def test_what_nobody_saw_costs_nothing_and_is_told(month: Callable[..., Any]) -> None:
    gap = steady(prices=lambda at: {} if OCTOBER + 3 * DAY <= at < OCTOBER + 10 * DAY else VND)
    data = json.loads(month(gap, f"--organisation={OTHER}").stdout)
    assert (data["cost"], data["coverage"]) == (round(250_000 * 24 / 31), 0.7741)

    table = month(gap, "--output=table", "--lang=vi").stdout
    assert "Chỉ có số liệu cho 77,41 % thời gian" in table
    assert "Chi phí tháng 10/2026" in table
    file = month(gap, "--output=csv", "--lang=vi")
    assert {row["coverage"] for row in csv.DictReader(io.StringIO(file.stdout))} == {"0.7741"}
    assert "77,41 %" in file.stderr


def test_time_without_a_price_is_told(month: Callable[..., Any]) -> None:
    free = dict.fromkeys(VND, 0.0)
    data = json.loads(month(steady(prices=lambda at: free if at < OCTOBER + 31 * DAY // 2 else VND), f"--organisation={OTHER}").stdout)

    assert (data["cost"], data["coverage"], data["pricedShare"]) == (125_000, 1, 0.5)


@pytest.mark.parametrize(
    ("prices", "said"), [({}, "Prometheus knows nothing of 2026-10"), (dict.fromkeys(VND, 0.0), "In 2026-10 the city had set no prices")]
)
def test_a_month_of_which_nothing_is_known_has_no_cost(month: Callable[..., Any], prices: dict[tuple[str, str], float], said: str) -> None:
    result = month(steady(prices=lambda _: prices))

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_prometheus_is_asked_for_nobody_else_and_only_after_the_api_server(month: Callable[..., Any], city: Recorded) -> None:
    metered = steady()
    assert costs(json.loads(month(metered, f"--organisation={OFFICE}").stdout)) == {f"{OFFICE}/he-thong": MONTHLY}
    assert all(f'organisation="{OFFICE}"' in each for each in metered.asked if "allocated" in each)

    untouched = steady()
    city.forbidden |= {f"{ALL}/environments", f"{ALL}/namespaces/{HOME}/environments"}
    assert month(untouched, f"--organisation={OFFICE}").exit_code == 2
    assert month(untouched).exit_code == 2
    assert untouched.asked == []


def test_names_that_a_spreadsheet_would_compute_are_words(month: Callable[..., Any]) -> None:
    """A foreign Prometheus may hold any label."""
    evil = {(name, '=HYPERLINK("x")', "cpu"): 1.0 for name in ("+1", "-1", "@x", "=1", " =1", "a,b", 'a"b', "a\nb", "\u202ea")}
    result = month(steady(amounts=lambda _: evil), "--output=csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout_bytes.decode("utf-8"), newline="")))

    assert {row["organisation"] for row in rows} == {"'+1", "'-1", "'@x", "'=1", "' =1", "a,b", 'a"b', "a\\u{a}b", "\\u{202e}a"}
    assert {row["system"] for row in rows} == {'\'=HYPERLINK("x")'}
    assert {row["cost"] for row in rows} == {"250000"}
    for output in ("json", "table"):
        assert "\u202e" not in month(steady(amounts=lambda _: evil), f"--output={output}").stdout


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b'{"status":"error","errorType":"timeout","error":"query timed out\\n"}', "answered 503: query timed out"),
        (401, b"<h1>Log in</h1>", "answered 401: <h1>Log in</h1>"),
        (500, b"", "answered 500: –"),
        (302, b"", "answered 302"),
        (200, b"<html>", "does not answer as a Prometheus does"),
        (200, b"[]", "does not answer as a Prometheus does"),
        (200, b"[" * 100_000, "does not answer as a Prometheus does"),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}', "does not answer as a Prometheus does"),
        (200, metering.vector([({}, float("nan"))]), "does not answer as a Prometheus does"),
        (200, metering.vector([({}, float("inf"))]), "does not answer as a Prometheus does"),
        (200, metering.vector([({}, -1)]), "does not answer as a Prometheus does"),
        (200, metering.vector([({}, 1)], warnings=["store eu-1 is away"]), "a part of the data only"),
    ],
)
def test_half_an_answer_is_none(month: Callable[..., Any], status: int, body: bytes, said: str) -> None:
    result = month(lambda *_: (status, body))

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_prometheus_that_is_not_there_is_named(ask: Run, city: Recorded) -> None:
    (port,) = free_ports(1)
    result = ask("report", "cost", f"--prometheus=http://127.0.0.1:{port}", "--month=2026-10", "--lang=vi")

    assert result.exit_code == 2
    assert f"Không kết nối được tới Prometheus http://127.0.0.1:{port}" in result.stderr
