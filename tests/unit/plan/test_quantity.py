"""Quantities are exact: what is read and written again is the same amount, and shares never add up to more than the whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.plan.quantity import parse, share, show

UNITS = ("", "m", "Ki", "Mi", "Gi", "Ti")
texts = st.builds("{}{}".format, st.integers(0, 10**6), st.sampled_from(UNITS))
resources = st.sampled_from(
    ("requests.cpu", "limits.cpu", "requests.memory", "requests.storage", "limits.ephemeral-storage", "pods", "count/jobs.batch")
)


@pytest.mark.parametrize(
    ("text", "thousandths"),
    [
        ("0", 0),
        ("1", 1000),
        ("100m", 100),
        ("2500m", 2500),
        ("1Ki", 1024 * 1000),
        ("1Mi", 1024**2 * 1000),
        ("16Gi", 16 * 1024**3 * 1000),
        ("2Ti", 2 * 1024**4 * 1000),
    ],
)
def test_an_amount_is_read_in_thousandths(text: str, thousandths: int) -> None:
    assert parse(text) == thousandths


@pytest.mark.parametrize("text", ["", "Gi", "1.5", "-1", "1G", "1 Gi", "1e3", "m", "1mm", "0x10", "1_000", "1Gi ", "\n1"])
def test_another_form_is_an_error_that_names_the_text(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity") as caught:
        parse(text)

    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("thousandths", "text"),
    [
        (0, "0"),
        (1, "1m"),
        (1500, "1500m"),
        (2000, "2"),
        (1024 * 1000, "1Ki"),
        (1536 * 1024 * 1000, "1536Ki"),
        (1024**4 * 1000, "1Ti"),
        (1025 * 1000, "1025"),
    ],
)
def test_an_amount_is_written_as_short_as_it_can_be(thousandths: int, text: str) -> None:
    assert show(thousandths) == text


@given(thousandths=st.integers(0, 2**62))
@settings(max_examples=200, deadline=None)
def test_what_is_written_reads_as_the_same_amount(thousandths: int) -> None:
    assert parse(show(thousandths)) == thousandths


@given(text=texts)
@settings(max_examples=100, deadline=None)
def test_an_amount_that_was_read_is_never_written_longer(text: str) -> None:
    assert parse(show(parse(text))) == parse(text)
    assert len(show(parse(text))) <= len(text) + 1


@given(resource=resources, text=texts, parts=st.integers(1, 8))
@settings(max_examples=300, deadline=None)
def test_shares_never_exceed_the_whole(resource: str, text: str, parts: int) -> None:
    assert parse(share(resource=resource, text=text, parts=parts)) * parts <= parse(text)


@given(resource=resources, text=texts)
@settings(max_examples=100, deadline=None)
def test_a_share_loses_less_than_one_step(resource: str, text: str) -> None:
    """Hold the loss to a thousandth of a core, a Mi of a large amount, or one whole."""
    lost = parse(text) - parse(share(resource=resource, text=text, parts=1))

    assert 0 <= lost < max(1000, 2**20 * 1000 if parse(text) >= 2**30 * 1000 else 1000)


@pytest.mark.parametrize(
    ("resource", "text", "parts", "expected"),
    [
        ("requests.cpu", "2", 3, "666m"),
        ("limits.cpu", "100m", 8, "12m"),
        ("requests.memory", "4Gi", 3, "1365Mi"),
        ("requests.memory", "512Mi", 3, "178956970"),
        ("pods", "24", 3, "8"),
        ("pods", "2", 4, "0"),
        ("services.nodeports", "0", 3, "0"),
        ("requests.storage", "40Gi", 1, "40Gi"),
    ],
)
def test_a_share_is_rounded_down_to_what_people_read(resource: str, text: str, parts: int, expected: str) -> None:
    assert share(resource=resource, text=text, parts=parts) == expected
