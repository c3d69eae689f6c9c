"""What was decided about one environment, between judging it and writing it down."""

import dataclasses

from citycloud.api import PolicyException
from citycloud.controllers.acceptance import Grant
from citycloud.controllers.life import Life
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved


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
