"""Where webhooks may be sent: not into the operator's own network, unless it was opened."""

from dataclasses import dataclass

from genesis_ray.domain.streams.source_policy import NO_CAMERAS, Address, Network, is_opened, plain


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """Which addresses a webhook may have.

    Attributes:
        allowed_networks: Beside the public ones: private networks, or this machine.
    """

    allowed_networks: tuple[Network, ...] = ()

    def allows(self, address: Address) -> bool:
        """Tell whether a notice may be sent to an address.

        What a cloud tells its machines at, and the like, has to be among the allowed networks
        itself: 0.0.0.0/0 opens no way there.
        """
        address = plain(address)
        homes = [network for network in self.allowed_networks if address in network]
        if not homes:
            return address.is_global and not any(address in reserved for reserved in NO_CAMERAS)
        return is_opened(address, homes)
