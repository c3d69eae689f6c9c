"""Nova in one process: `python -m citycloud_lab.openstack.services.machines CONFIGURATION PORT HOST…`.

Conductor, scheduler and one compute service a host find each other through a message bus that lives in this process's memory, so that no
broker is needed. The hosts' driver only remembers machines.
"""

import os
import pathlib
import sys
from typing import Any

CONDUCTOR = ("nova-conductor", "nova.conductor.manager.ConductorManager")
SCHEDULER = ("nova-scheduler", "nova.scheduler.manager.SchedulerManager")
COMPUTE = ("nova-compute", "nova.compute.manager.ComputeManager")
THREADS = 4


def main() -> None:
    """Start the services, and then the API in front of them."""
    path, port, *hosts = sys.argv[1:]
    sys.argv[1:] = ["--config-file", path]
    os.environ["OS_NOVA_CONFIG_DIR"] = str(pathlib.Path(path).parent)
    os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
    from nova import monkey_patch  # noqa: PLC0415  # it has to come before everything else of Nova

    monkey_patch.patch(backend="threading")
    from citycloud_lab.openstack.services.sqlite import let_writers_wait  # noqa: PLC0415
    from citycloud_lab.openstack.services.wsgi import serve  # noqa: PLC0415

    let_writers_wait()
    serve(_started(hosts), port=int(port), threads=THREADS)


def _started(hosts: list[str]) -> Any:
    """Start every service and return the API's application."""
    import nova.conf  # noqa: PLC0415
    from nova import config, context, objects, service  # noqa: PLC0415
    from nova.objects import host_mapping  # noqa: PLC0415
    from oslo_log import log  # noqa: PLC0415
    from paste import deploy  # noqa: PLC0415

    config.parse_args(sys.argv)
    log.setup(nova.conf.CONF, "nova")
    objects.register_all()
    for (binary, manager), host in [(CONDUCTOR, None), (SCHEDULER, None), *((COMPUTE, host) for host in hosts)]:
        service.Service.create(host=host, binary=binary, manager=manager).start()
    host_mapping.discover_hosts(context.get_admin_context())
    return deploy.loadapp(f"config:{nova.conf.CONF.wsgi.api_paste_config}", name="osapi_compute")


if __name__ == "__main__":
    main()
