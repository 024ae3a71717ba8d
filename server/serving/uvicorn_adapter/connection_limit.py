"""How many TCP connections a process accepts, in all and from one network, whatever is spoken on them."""

import ipaddress
from collections import Counter
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConnectionLimit:
    """Counts connections from the moment they are accepted: limits on requests can't see those that send none.

    Connections of this machine and of trusted proxies count only in all: they carry other people's requests.
    """

    def __init__(self, most: int, most_of_one_network: int, trusted: Sequence[Network] = ()) -> None:
        self.count = 0
        self._most = most
        self._most_of_one_network = most_of_one_network
        self._trusted = tuple(trusted)
        self._by_network: Counter[str] = Counter()

    def admit(self, host: str | None) -> bool:
        """Count a connection from an address; False if it has to be refused, and then it is not counted."""
        network = self._network(host)
        if self.count >= self._most or (network and self._by_network[network] >= self._most_of_one_network):
            return False
        self.count += 1
        if network:
            self._by_network[network] += 1
        return True

    def release(self, host: str | None) -> None:
        """Count an admitted connection no more."""
        self.count -= 1
        network = self._network(host)
        if network:
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]

    def _network(self, host: str | None) -> str:
        """Return the network of an address, an IPv4 address or an IPv6 /64; empty if it is not limited."""
        try:
            address = ipaddress.ip_address((host or "").partition("%")[0])
        except ValueError:
            return ""  # a Unix socket: a proxy on this machine
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if address.is_loopback or any(address in network for network in self._trusted):
            return ""
        if isinstance(address, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address)
