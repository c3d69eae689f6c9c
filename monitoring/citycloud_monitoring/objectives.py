"""What is promised, as shares of 28 days, and how what is kept and what is left of it are asked for.

At which burn somebody is called stands with the alerts, and the panels read it from there.
"""

from typing import Final

PROVISIONING: Final = 0.99
"""Approved environments that are Ready within 120 seconds."""
CONVERGENCE: Final = 0.99
"""Differences that are mended within five minutes."""
RECONCILE: Final = 0.995
"""Reconciles that neither crash nor end in an error that will not pass."""
ADMISSION: Final = 0.999
"""Creations that all policies together answer within a second."""
DECISION: Final = 0.95
"""Requests that are decided within two days: a promise to the offices, nobody is called for it at night."""
REACHABLE: Final = 0.995
"""Probes of sites of the WAN that are answered."""
WINDOW: Final = "28d"


def kept(*, good: str, all_: str) -> str:
    """Build the share of good events over the whole window, from two counters; no series where nothing happened."""
    return f"sum(increase({good}[{WINDOW}])) / (sum(increase({all_}[{WINDOW}])) > 0)"


def budget_left(*, share: str, objective: float) -> str:
    """Build what is left of the budget of failures: 1 is all of it, below 0 the promise is broken."""
    return f"1 - (1 - ({share})) / (1 - {objective:g})"
