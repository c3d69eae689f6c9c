"""The state of a level dossier: whether the decision that a department shows is good enough for the level of its system.

A dossier is approved under one framework for one level, and has to be reviewed by a date (Decree 331/2026/ND-CP, art 18-25).
"""

import datetime
from typing import Literal

from citycloud.api.information_system import Dossier

DossierState = Literal["missing", "insufficient", "approved", "expired"]


def dossier_state(*, dossier: Dossier | None, effective_level: int, framework: str, today: datetime.date) -> DossierState:
    """Judge a dossier on `today`; it is good through the day its review is due.

    Of several faults the one that takes most work to mend is named: no dossier, one for another framework or a lower level, an expired one.
    """
    if dossier is None:
        return "missing"
    if dossier.framework != framework or dossier.level < effective_level:
        return "insufficient"
    if dossier.review_due is not None and dossier.review_due < today:
        return "expired"
    return "approved"
