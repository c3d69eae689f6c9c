"""What was decided about one environment, between judging it and writing it down."""

import dataclasses

from citycloud.controllers.acceptance import Grant
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The digest of the spec, what is enforced, who granted it if it was, and what is wrong with it if anything is."""

    digest: str
    enforced: Resolved | None
    granted: Grant | None
    problem: Refusal | None
