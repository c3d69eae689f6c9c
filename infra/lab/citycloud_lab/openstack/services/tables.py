"""Neutron's tables without its migrations, which SQLite cannot run: `python -m citycloud_lab.openstack.services.tables URL`."""

import importlib
import sys

import sqlalchemy
from neutron.db.migration.models import head

VPN = "neutron_vpnaas.db.models.head"
"""Importing it adds its tables to the rest."""


def main() -> None:
    """Make every table."""
    importlib.import_module(VPN)
    head.get_metadata().create_all(sqlalchemy.create_engine(sys.argv[1]))


if __name__ == "__main__":
    main()
