"""One API service behind a threaded server on loopback: `python -m citycloud_lab.openstack.services.wsgi MODULE PORT THREADS`.

The arguments are taken away before the module is imported, for OpenStack's services read the command line as their own.
"""

import importlib
import sys
from typing import Any

from cheroot.wsgi import Server

from citycloud_lab.openstack.services.sqlite import let_writers_wait

QUEUE = 64
IDLE_SECONDS = 75
"""Longer than clients keep a connection: one that closes just when it is used again is an error to them."""


def serve(application: Any, *, port: int, threads: int) -> None:
    """Serve until this process ends."""
    Server(("127.0.0.1", port), application, numthreads=threads, request_queue_size=QUEUE, timeout=IDLE_SECONDS).start()


def main() -> None:
    """Serve the module that the command line names."""
    module, port, threads = sys.argv[1:]
    del sys.argv[1:]
    let_writers_wait()
    serve(importlib.import_module(module).application, port=int(port), threads=int(threads))


if __name__ == "__main__":
    main()
