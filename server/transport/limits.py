"""How much one client may ask for: token buckets, by player and by network."""

import ipaddress
import time
from collections.abc import Callable
from typing import Final

from starlette.requests import HTTPConnection

_MAX_BUCKETS: Final = 10_000


class TokenBucket:
    """A limit that allows bursts: `burst` at once, and `per_s` more each second."""

    __slots__ = ("_at", "_burst", "_clock", "_left", "_per_s")

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left = burst
        self._at = clock()

    def take(self) -> bool:
        """Use one up; False when none is left, and then nothing is used."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class KeyedLimit:
    """A token bucket for each key: a player, a network."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, key: str) -> bool:
        """Use one up for `key`; False when none is left."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._per_s, self._burst)
        self._buckets[key] = bucket  # last in the order: the first ones have been quiet longest
        if len(self._buckets) > _MAX_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return bucket.take()


class AddressLimit:
    """A token bucket for each network. This machine itself is not limited: it could do worse anyway."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._by_network = KeyedLimit(per_s, burst)

    def take(self, connection: HTTPConnection) -> bool:
        """Use one up for the network behind `connection`; False when none is left."""
        network = network_of(connection)
        return network is None or self._by_network.take(network)


def network_of(connection: HTTPConnection) -> str | None:
    """Return what one client can be thought to own: an IPv4 address or an IPv6 /64; None for this machine."""
    try:
        address = ipaddress.ip_address(connection.client.host if connection.client else "")
    except ValueError:
        return None  # a Unix socket: a proxy on this machine
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # an IPv4 client of a socket that takes both
    if address.is_loopback:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
