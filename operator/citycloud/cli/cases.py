"""Which request is meant by what was written on the command line: exactly one, of one of the kinds that can be decided."""

import functools
from collections.abc import Callable

from citycloud.cli.case_environment import look_at_environment
from citycloud.cli.case_exception import look_at_exception
from citycloud.cli.case_org_change import look_at_org_change
from citycloud.cli.decision import Case
from citycloud.cli.failure import Failure
from citycloud.cli.naming import exception_of, org_change_of, place_of
from citycloud.cli.session import Session

Look = Callable[[Session], Case]


def case_of(*, environment: str | None, exception: str | None, org_change: str | None) -> Look:
    """Return how to look at the one request that is named; raise Failure where none is, or several are."""
    if sum(each is not None for each in (environment, exception, org_change)) != 1:
        raise Failure("OneToDecide")
    if exception is not None:
        organisation, name = exception_of(exception)
        return functools.partial(look_at_exception, organisation=organisation, name=name)
    if org_change is not None:
        return functools.partial(look_at_org_change, name=org_change_of(org_change))
    return functools.partial(look_at_environment, place=place_of(environment or ""))
