"""The views in the order in which a reader meets them: from the whole city down to one promise."""

from typing import Final

from citycloud_monitoring.panels import View
from citycloud_monitoring.views import control_plane, department, fleet, leadership, security, slo, wan

VIEWS: Final[tuple[View, ...]] = (
    leadership.VIEW,
    department.VIEW,
    control_plane.VIEW,
    fleet.VIEW,
    security.VIEW,
    wan.VIEW,
    slo.VIEW,
)
