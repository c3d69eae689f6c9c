"""Do the clocks agree: the API server's, which stamps every request, that of whoever asks, and the leader's, by which environments expire.

The calendar ends nothing while the leader's clock is in doubt; that is said here too, for until somebody confirms it nothing expires.
"""

import datetime
from typing import Final

from citycloud.doctor.facts import Facts, Manifest, Unseen
from citycloud.doctor.findings import Finding, gathered, lacking, seen

CHECK: Final = "clocks"
TOLERATED: Final = datetime.timedelta(seconds=30)
"""Far above what a machine with NTP is off, far below what certificates, tokens and leases forgive."""


def judge_clocks(facts: Facts) -> list[Finding]:
    """Judge three clocks and whether expiry is held up."""
    findings = []
    for whose, moment in (("Mine", facts.here), ("Leaders", _renewed(facts))):
        if moment is not None and _off(whose=whose, moment=moment, now=facts.now):
            findings.append(
                Finding(check=CHECK, state="warning", key=f"Clock{whose}Off", said={"seconds": round((moment - facts.now).total_seconds())})
            )
    environments = facts.objects["environments"]
    findings += lacking(check=CHECK, listings=[environments])
    held = [f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in seen(environments) if _is_held_up(each)]
    findings += gathered(check=CHECK, state="warning", key="ExpiryHeldUp", objects=held, day=facts.now.date().isoformat())
    return findings or [Finding(check=CHECK, state="well", key="ClocksAgree")]


def _off(*, whose: str, moment: datetime.datetime, now: datetime.datetime) -> bool:
    """Tell whether a clock is off; a lease that was renewed long ago says nothing of a clock, one renewed in the future does."""
    return moment - now > TOLERATED or (whose == "Mine" and now - moment > TOLERATED)


def _renewed(facts: Facts) -> datetime.datetime | None:
    lease = facts.objects["leases"]
    if isinstance(lease, Unseen) or not lease or not lease[0]["spec"].get("renewTime"):
        return None
    return datetime.datetime.fromisoformat(lease[0]["spec"]["renewTime"])


def _is_held_up(environment: Manifest) -> bool:
    conditions = environment.get("status", {}).get("conditions", ())
    return any(each["type"] == "Accepted" and each["reason"] == "ClockJumped" for each in conditions)
