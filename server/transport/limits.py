"""How much one client may ask for: so much in a time, by player or by network, and so much at once."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from starlette.requests import HTTPConnection

from server.transport.networks import networks_of

SITE_ALLOWANCE: Final = 8
"""How many times the limit of a network holds for a whole IPv6 /48, be it one customer's or thousands of them."""

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

    @property
    def is_empty(self) -> bool:
        """Whether `take` would find nothing."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        return self._left < 1

    def take(self) -> bool:
        """Use one up; False when none is left, and then nothing is used."""
        if self.is_empty:
            return False
        self._left -= 1
        return True


class KeyedLimit:
    """A token bucket for each key: a player, a network. Those that were quiet longest are forgotten first."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}

    def is_exhausted(self, key: str) -> bool:
        """Whether `take` would find nothing for `key`."""
        bucket = self._buckets.get(key)
        return bucket is not None and bucket.is_empty

    def take(self, key: str) -> bool:
        """Use one up for `key`; False when none is left."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._per_s, self._burst, self._clock)
        self._buckets[key] = bucket  # last in the order
        if len(self._buckets) > _MAX_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return bucket.take()


class AddressLimit:
    """A token bucket for each network, and a larger one for each IPv6 /48. This machine itself is not limited."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._by_network = KeyedLimit(per_s, burst, clock)
        self._by_site = KeyedLimit(per_s * SITE_ALLOWANCE, burst * SITE_ALLOWANCE, clock)

    def take(self, connection: HTTPConnection) -> bool:
        """Use one up for the networks behind `connection`; False when one of them has none left."""
        match networks_of(connection):
            case (network, site):
                # A site that is exhausted costs its networks nothing, nor a bucket for each of its 65,536.
                by_site = self._by_site
                return not by_site.is_exhausted(site) and self._by_network.take(network) and by_site.take(site)
            case (network,):
                return self._by_network.take(network)
            case _:
                return True


class NetworkShare:
    """How much of something each network may hold at once: connections, streams. An IPv6 /48 may hold more."""

    def __init__(self, per_network: int) -> None:
        self._per_network = per_network
        self._held: Counter[str] = Counter()

    def enter(self, networks: tuple[str, ...]) -> bool:
        """Hold one more for the networks of a client (see `networks_of`), the narrowest first.

        Returns False when one of them has its share; then nothing is held, and `leave` must not be called.
        """
        allowed = (self._per_network, self._per_network * SITE_ALLOWANCE)
        if any(self._held[network] >= most for network, most in zip(networks, allowed, strict=False)):
            return False
        self._held.update(networks)
        return True

    def leave(self, networks: tuple[str, ...]) -> None:
        """Give one back that `enter` allowed."""
        self._held.subtract(networks)
        for network in networks:
            if not self._held[network]:
                del self._held[network]
