"""What a city says about its calls: the addresses of its teams, its mail server, how soon and how often.

Read from `routing.yaml`. A password has no place in it: Alertmanager reads that from a file, or the Prometheus operator from a Secret.
"""

import re
import urllib.parse
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from citycloud_monitoring.catalogue import Duration, Part

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`|~-]+"
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_MAIL: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*", re.ASCII)
LONGEST_MAIL: Final = 254
WEB: Final = ("http", "https")


def is_mail(address: str) -> bool:
    """Tell whether mail can be sent there.

    Narrower than what an Organisation may hold: no comma and no quotes, which would make two addresses or none of one; no braces, because
    Alertmanager fills in templates there; and no letters beyond ASCII, which few mail servers take.
    """
    return len(address) <= LONGEST_MAIL and _MAIL.fullmatch(address) is not None


def _address(value: str) -> str:
    if is_mail(value):
        return value
    parts = urllib.parse.urlsplit(value)
    if parts.scheme not in WEB or not parts.hostname or re.search(r"[\s{}]", value):
        raise ValueError(f"{value!r} is neither a mail address nor an http address")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"the address of {parts.hostname} holds a password: this is no place for secrets")
    return value


def _mail(value: str) -> str:
    if not is_mail(value):
        raise ValueError(f"{value!r} is no mail address")
    return value


Address = Annotated[str, AfterValidator(_address)]
"""Where somebody is called: a mail address, or a webhook."""
Mail = Annotated[str, AfterValidator(_mail)]


class Team(Part):
    """Who is called, and who is called as well when it is critical."""

    addresses: tuple[Address, ...] = Field(min_length=1)
    on_call: tuple[Address, ...] = ()


class Teams(Part):
    """The audiences that are a team of the city; the remaining one, `organisation`, has its own contacts."""

    platform: Team
    security: Team
    approvers: Team
    network: Team


class Secret(Part):
    """A key of a Secret beside the AlertmanagerConfig."""

    name: str = Field(min_length=1)
    key: str = Field(min_length=1)


class MailServer(Part):
    """How mail leaves: with a user, the password is in a file (Alertmanager) or in a Secret (Prometheus operator)."""

    smarthost: str = Field(pattern=r"^[^\s:]+:[0-9]+$")
    sender: Mail
    tls: bool = True
    user: str = ""
    password_file: str = ""
    password_secret: Secret | None = None

    @model_validator(mode="after")
    def _user_has_password(self) -> Self:
        if self.user and not (self.password_file and self.password_secret):
            raise ValueError(f"{self.user} needs password_file and password_secret: where the password is read from")
        return self


class Pace(Part):
    """How soon something is said, how long what comes after it is collected, and when it is said again."""

    wait: Duration
    interval: Duration
    repeat: Duration


class Paces(Part):
    """The pace of each severity, and of the sign of life."""

    critical: Pace
    warning: Pace
    info: Pace
    heartbeat: Pace


class Resource(Part):
    """The AlertmanagerConfig: it stands in Alertmanager's own namespace, with the labels that Alertmanager selects by."""

    namespace: str
    name: str
    labels: dict[str, str] = Field(default_factory=dict)


class Settings(Part):
    """Everything about routing that is a city's own choice."""

    teams: Teams
    heartbeat: Address | None = None
    mail: MailServer
    paces: Paces
    resource: Resource
