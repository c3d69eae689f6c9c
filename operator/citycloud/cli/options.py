"""What every command takes."""

import enum
from typing import Annotated, Final

import typer

from citycloud.controllers.texts import Texts

TEXTS: Final = Texts.load(package=__package__)


class Language(enum.StrEnum):
    """A language of the catalogue."""

    VI = "vi"
    EN = "en"


class Format(enum.StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"


LanguageOption = Annotated[Language | None, typer.Option("--lang", help=TEXTS.say("HelpLanguage"))]
FormatOption = Annotated[Format | None, typer.Option("--output", "-o", help=TEXTS.say("HelpOutput"))]
KubeconfigOption = Annotated[str | None, typer.Option("--kubeconfig", help=TEXTS.say("HelpKubeconfig"))]
ContextOption = Annotated[str | None, typer.Option("--context", help=TEXTS.say("HelpContext"))]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help=TEXTS.say("HelpYes"))]
SizeOption = Annotated[str | None, typer.Option("--size", help=TEXTS.say("HelpSize"))]
LocationOption = Annotated[str | None, typer.Option("--location", help=TEXTS.say("HelpLocation"))]
ZonesOption = Annotated[list[str] | None, typer.Option("--zone", "--add-zone", help=TEXTS.say("HelpZones"))]
HostsOption = Annotated[list[str] | None, typer.Option("--host", "--add-host", help=TEXTS.say("HelpHosts"))]
PlaceArgument = Annotated[str, typer.Argument(metavar="ORGANISATION/ENVIRONMENT", help=TEXTS.say("HelpEnvironment"))]
DecidedArgument = Annotated[str | None, typer.Argument(metavar="[ORGANISATION/ENVIRONMENT]", help=TEXTS.say("HelpEnvironment"))]
ExceptionOption = Annotated[str | None, typer.Option("--exception", metavar="ORGANISATION/NAME", help=TEXTS.say("HelpException"))]
OrgChangeOption = Annotated[str | None, typer.Option("--org-change", metavar="NAME", help=TEXTS.say("HelpOrgChange"))]
OrganisationArgument = Annotated[str, typer.Argument(metavar="ORGANISATION", help=TEXTS.say("HelpOrganisation"))]
WAIT_SECONDS: Final = 10.0
"""Long enough for the operator to judge a decision while its sender still looks."""
WaitOption = Annotated[float, typer.Option("--wait", min=0, max=600, help=TEXTS.say("HelpWait"))]
