"""What a department is told about its level dossier."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycloud.api.information_system import Dossier
from citycloud.levels import DossierState, dossier_state

TODAY = datetime.date(2026, 9, 1)
YESTERDAY = TODAY - datetime.timedelta(days=1)


def dossier(*, framework: str = "vn-2026", level: int = 3, review_due: datetime.date | None = None) -> Dossier:
    return Dossier(
        decision_no="12/QD-SYT", date=datetime.date(2026, 8, 30), approver="GĐ", framework=framework, level=level, review_due=review_due
    )


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        pytest.param(None, "missing", id="none was shown"),
        pytest.param(dossier(framework="vn-2016"), "insufficient", id="approved under the other framework"),
        pytest.param(dossier(level=2), "insufficient", id="approved for a lower level"),
        pytest.param(dossier(level=2, review_due=YESTERDAY), "insufficient", id="too low and overdue: the level is named first"),
        pytest.param(dossier(review_due=YESTERDAY), "expired", id="its review is overdue"),
        pytest.param(dossier(review_due=TODAY), "approved", id="its review is due today"),
        pytest.param(dossier(), "approved", id="no review is due"),
        pytest.param(dossier(level=4), "approved", id="approved for more than is needed"),
    ],
)
def test_a_dossier_is_judged(shown: Dossier | None, state: DossierState) -> None:
    assert dossier_state(dossier=shown, effective_level=3, framework="vn-2026", today=TODAY) == state


@given(approved=st.integers(1, 5), effective=st.integers(1, 5), today=st.dates())
def test_a_dossier_below_the_level_never_opens_production(approved: int, effective: int, today: datetime.date) -> None:
    state = dossier_state(dossier=dossier(level=approved), effective_level=effective, framework="vn-2026", today=today)

    assert (state == "approved") == (approved >= effective)
