"""What was decided about one environment, between judging it and writing it down."""

import dataclasses
import datetime

from citycloud.api import Environment, PolicyException
from citycloud.controllers.acceptance import Grant
from citycloud.controllers.calendar import end_of
from citycloud.controllers.life import Life
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved
from citycloud.controllers.site_uses import sites_in


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The digest of the spec, what is enforced, who granted it if it was, what is wrong with it, its place in life and its exceptions."""

    digest: str
    enforced: Resolved | None
    granted: Grant | None
    problem: Refusal | None
    life: Life = dataclasses.field(default_factory=Life)
    exceptions: tuple[PolicyException, ...] = ()

    @property
    def is_ownerless(self) -> bool:
        """Tell whether the organisation is gone: whoever worked for it has no business here, and what runs is nobody's to stop."""
        return self.problem is not None and self.problem.key == "OrganisationMissing"

    @property
    def lacking(self) -> Refusal | None:
        """Say which place of the network that is to be let in is not there; None where all are."""
        return self.enforced.openings.lacking if self.enforced is not None else None

    def sites(self, environment: Environment) -> frozenset[str]:
        """Name the sites that the environment relies on, or would like to: those of its spec and of what is enforced."""
        approved = environment.status.approved
        return sites_in(environment.spec, approved.spec if approved is not None and self.granted is None else None)

    def seconds_left(self, *, now: datetime.datetime) -> float | None:
        """Return the seconds until a date changes what should be: a last day, a review, a step in its life, the end of an exception."""
        moments = _dates(self.enforced) if self.enforced is not None else []
        moments += [exception.spec.expires_at for exception in self.exceptions]
        if self.life.next_change is not None:
            moments.append(self.life.next_change)
        return min(((moment - now).total_seconds() for moment in moments if moment > now), default=None)


def _dates(resolved: Resolved) -> list[datetime.datetime]:
    days = [member.until for member in resolved.spec.members if member.until is not None]
    dossier = resolved.system.spec.dossier
    if dossier is not None and dossier.review_due is not None:
        days.append(dossier.review_due)
    return [end_of(day=day, time_zone=resolved.city.spec.time_zone) for day in days]
