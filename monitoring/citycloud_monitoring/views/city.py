"""What several views ask of the city, said once.

Only the leader tells of the city, but during a hand-over two processes may for one scrape: so each thing is taken once (`each`) before it
is counted. A count of trouble is 0 where the city is known and nothing is wrong, and has no value where nobody tells of the city: zero and
silence are not the same.
"""

from typing import Final

OWN: Final = 'organisation=~"$organisation"'
ENVIRONMENT: Final = "organisation, environment"
REQUEST: Final = "organisation, type, state"
READY: Final = 'condition="Ready"'
PENDING: Final = 'state="pending"'
CONDITION: Final = "citycloud_environment_condition"
EXPIRY: Final = "citycloud_environment_expiry_timestamp_seconds"


def each(metric: str, *where: str, by: str) -> str:
    """Take each thing once, whoever tells of it; `where` are matchers."""
    return f"max by ({by}) ({metric}{_braces(where)})"


def _braces(where: tuple[str, ...]) -> str:
    return f"{{{', '.join(where)}}}" if where else ""


def or_zero(aggregation: str, of: str) -> str:
    """Aggregate, and say 0 where there is none of it, provided that somebody tells of the city."""
    return f"{aggregation}({of}) or 0 * count(citycloud_organisation_info)"


def condition(*where: str, by: str = ENVIRONMENT) -> str:
    """Take conditions (1 where one holds) of the environments that hold a place in the cluster."""
    return f"{each(CONDITION, *where, by=by)} and on ({ENVIRONMENT}) citycloud_environment_info"


def days_until(metric: str, *where: str, by: str) -> str:
    """Say in how many days something ends; below 0 it is over."""
    return f"({each(metric, *where, by=by)} - time()) / 86400"
