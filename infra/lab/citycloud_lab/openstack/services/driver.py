"""Neutron's mechanism driver of the laboratory: every port is bound at once on every host, as if an agent were there."""

from typing import Any

from neutron.services.qos.drivers.openvswitch.driver import SUPPORTED_RULES
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api
from neutron_lib.services.qos import base


class QualityOfService(base.DriverBase):  # type: ignore[misc]  # Neutron has no types
    """Takes every rule that Open vSwitch takes; without a driver that does, Neutron refuses ports with a policy."""

    def validate_rule_for_port(self, *_: Any) -> bool:
        """Agree."""
        return True

    def validate_rule_for_network(self, *_: Any) -> bool:
        """Agree."""
        return True


class Driver(api.MechanismDriver):  # type: ignore[misc]  # the same
    """Binds ports to nothing."""

    def initialize(self) -> None:
        """Offer the quality of service; it registers itself."""
        QualityOfService(
            name="citycloud",
            vif_types=[portbindings.VIF_TYPE_OVS],
            vnic_types=[portbindings.VNIC_NORMAL],
            supported_rules=SUPPORTED_RULES,
            requires_rpc_notifications=False,
        )

    def bind_port(self, context: Any) -> None:
        """Bind a port to its network's first segment."""
        details = {portbindings.CAP_PORT_FILTER: True, portbindings.VIF_DETAILS_CONNECTIVITY: self.connectivity}
        first = context.segments_to_bind[0]
        context.set_binding(first[api.ID], portbindings.VIF_TYPE_OVS, details, status=constants.PORT_STATUS_ACTIVE)

    @property
    def connectivity(self) -> str:
        """Name the layer at which ports reach each other, or would."""
        return str(portbindings.CONNECTIVITY_L2)
