"""Which networks a client comes from: limits count what somebody can be thought to own, not addresses."""

import ipaddress
from typing import Final

from starlette.requests import HTTPConnection

THIS_MACHINE: Final[tuple[str, ...]] = ()
"""No network at all: whoever runs programs here could do worse than exceed a limit."""

UNKNOWN: Final = ("unknown",)
"""One network for all clients whose address is not known: they share its limits."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORWARDING_HEADERS: Final = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"})
_LONGEST_ADDRESS: Final = 64


def networks_of(connection: HTTPConnection) -> tuple[str, ...]:
    """Return the networks of the client behind `connection`, the narrowest first.

    Behind a trusted proxy the server has put the client's address, as X-Forwarded-For says it, in the place of the
    proxy's. A request that was forwarded and still seems to come from this machine went through a proxy that names
    no client, or repeats what the client says: it is not exempt.
    """
    networks = networks_of_address(connection.client.host if connection.client else "")
    if networks == THIS_MACHINE and any(name in _FORWARDING_HEADERS for name, _ in connection.scope["headers"]):
        return UNKNOWN
    return networks


def networks_of_address(address: str) -> tuple[str, ...]:
    """Return the networks of an address: one for IPv4; for IPv6 the /64 of a line and the /48 of a site.

    An address of this machine itself has none, and what is no address belongs to `UNKNOWN`.
    """
    try:
        parsed = ipaddress.ip_address(address[:_LONGEST_ADDRESS])
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped  # an IPv4 client of a socket that takes both
    if parsed.is_loopback:
        return THIS_MACHINE
    if isinstance(parsed, ipaddress.IPv4Address):
        return (str(parsed),)
    return (_prefix(parsed, 64), _prefix(parsed, 48))


def contains(networks: tuple[Network, ...], address: str) -> bool:
    """Whether an address lies in one of `networks`; what is no address lies in none."""
    try:
        parsed = ipaddress.ip_address(address[:_LONGEST_ADDRESS])
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _prefix(address: ipaddress.IPv6Address, bits: int) -> str:
    """Return the network of the first `bits` of an address, whatever zone (`%eth0`) stands behind it."""
    return str(ipaddress.IPv6Network((int(address) >> (128 - bits) << (128 - bits), bits)))
