"""`citycloud renew`: let an environment last longer, or end sooner."""

from typing import Annotated

import typer

from citycloud.cli.moments import day_of, expiry_on
from citycloud.cli.naming import place_of
from citycloud.cli.options import (
    TEXTS,
    ContextOption,
    FormatOption,
    KubeconfigOption,
    LanguageOption,
    PlaceArgument,
    YesOption,
)
from citycloud.cli.output import Screen
from citycloud.cli.session import Session, change_spec
from citycloud.cli.snapshot import city_of, read_home


def renew(
    environment: PlaceArgument,
    until: Annotated[str, typer.Option(help=TEXTS.say("HelpUntil"))],
    yes: YesOption = False,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Set another last day; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        place, day = place_of(environment), day_of(until)
        session = Session.open(screen=screen, yes=yes, kubeconfig=kubeconfig, context=context)
        world = read_home(session.connection, place.organisation)
        spec = {"expiresAt": expiry_on(day, city=city_of(world), now=session.now)}
        change_spec(session=session, world=world, place=place, spec=spec)
