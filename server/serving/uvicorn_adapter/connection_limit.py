"""How many TCP connections a process accepts, in all and from one network, whatever is spoken on them."""

from server.transport.limits import NetworkShare
from server.transport.networks import Network, contains, networks_of_address


class ConnectionLimit:
    """Counts connections from the moment they are accepted: limits on requests can't see those that send none.

    Connections of this machine and of trusted proxies count only in all: they carry other people's requests.
    """

    def __init__(self, most: int, most_of_one_network: int, trusted: tuple[Network, ...] = ()) -> None:
        self.count = 0
        self._most = most
        self._share = NetworkShare(most_of_one_network)
        self._trusted = trusted

    def admit(self, address: str | None) -> bool:
        """Count a connection; False if it has to be refused, and then it is not counted."""
        if self.count >= self._most or not self._share.enter(self._networks(address)):
            return False
        self.count += 1
        return True

    def release(self, address: str | None) -> None:
        """Count an admitted connection no more."""
        self.count -= 1
        self._share.leave(self._networks(address))

    def _networks(self, address: str | None) -> tuple[str, ...]:
        """Return the networks that are limited; none for a Unix socket, which a proxy on this machine uses."""
        if address is None or contains(self._trusted, address):
            return ()
        return networks_of_address(address)
