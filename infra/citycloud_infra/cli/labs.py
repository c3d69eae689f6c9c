"""`lab` and `openstack-lab`: the laboratories' commands; they live with the laboratories, which a city's own installation may lack."""

import importlib.util

import typer


def add_to(app: typer.Typer) -> None:
    """Add the laboratories' commands where their package is installed."""
    if importlib.util.find_spec("citycloud_lab") is None:
        return
    from citycloud_lab.openstack.cli import commands as openstack_lab  # noqa: PLC0415  # the package is optional
    from citycloud_lab.wan.cli import commands as wan_lab  # noqa: PLC0415  # the same

    app.add_typer(wan_lab(), name="lab")
    app.add_typer(openstack_lab(), name="openstack-lab")
