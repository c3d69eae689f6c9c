"""Runs the command line of the infrastructure."""

from citycloud_infra.cli.app import main

if __name__ == "__main__":
    main()
