"""`citycloud diff`: what a change of an environment, a profile or a size would change, before it happens; nothing is sent."""

import dataclasses
import pathlib
from typing import Annotated, Final

import typer

from citycloud.api import Kind, SecurityProfile, SizeClass
from citycloud.cli import connection as wire
from citycloud.cli.comparison import Compared, compare_kinds, compare_spec
from citycloud.cli.comparison_view import as_data, as_tables
from citycloud.cli.failure import Failure
from citycloud.cli.naming import organisation_or_place
from citycloud.cli.options import (
    TEXTS,
    ContextOption,
    FormatOption,
    HostsOption,
    KubeconfigOption,
    LanguageOption,
    LocationOption,
    SizeOption,
    ZonesOption,
)
from citycloud.cli.output import NO, YES, Screen
from citycloud.cli.wish import Wish

REPLACEABLE: Final[tuple[type[Kind], ...]] = (SecurityProfile, SizeClass)
"""What the platform team changes for many environments at once."""
ProfileFile = Annotated[pathlib.Path | None, typer.Option("--profile", help=TEXTS.say("HelpProfileFile"))]
SizeFile = Annotated[pathlib.Path | None, typer.Option("--size-class", help=TEXTS.say("HelpSizeFile"))]
RemovedHosts = Annotated[list[str] | None, typer.Option(help=TEXTS.say("HelpRemoveHost"))]


def diff(
    targets: Annotated[list[str] | None, typer.Argument(metavar="[ORGANISATION[/ENVIRONMENT]]…", help=TEXTS.say("HelpDiffTargets"))] = None,
    size: SizeOption = None,
    zones: ZonesOption = None,
    hosts: HostsOption = None,
    remove_host: RemovedHosts = None,
    location: LocationOption = None,
    profile: ProfileFile = None,
    size_class: SizeFile = None,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Compare; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        wish = Wish(size=size, location=location, zones=tuple(zones or ()), hosts=tuple(hosts or ()))
        wish = dataclasses.replace(wish, without_hosts=tuple(remove_host or ()))
        places = [organisation_or_place(each) for each in targets or ()]
        files = {kind: path for kind, path in zip(REPLACEABLE, (profile, size_class), strict=True) if path is not None}
        if files and wish != Wish():
            raise Failure("OneKindOfDiff")
        connection = wire.connect(kubeconfig=kubeconfig, context=context)
        if files:
            compared: list[Compared] = compare_kinds(connection, files=files, places=places)
        else:
            compared = [compare_spec(connection, wish=wish, places=places)]
        screen.show(data=as_data(screen, compared), people=as_tables(screen, compared))
    raise typer.Exit(NO if any(each.refusal is not None for each in compared) else YES)
