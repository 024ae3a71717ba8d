"""Who may talk to the server, and how much: origins, response headers, limits."""

import ipaddress
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_HSTS: Final = "max-age=31536000"
_MAX_BUCKETS: Final = 10_000


class SecurityHeaders:
    """ASGI middleware: every response tells the browser what this site does not do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", _HSTS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Origins:
    """Which pages may act for the player whose cookie their browser sends: those listed, letter by letter.

    Without a list it is the pages of this very site, whose Origin is the scheme and host that the request itself
    came to. That suits a server reached under any address, but believes what names resolve to; a public server has
    a list.
    """

    def __init__(self, allowed: tuple[str, ...] = ()) -> None:
        self._allowed = frozenset(allowed)

    def admit(self, connection: HTTPConnection) -> bool:
        """Whether the page behind `connection`, if there is one, may use it. Programs send no Origin."""
        origin = connection.headers.get("origin")
        if origin is None:
            return connection.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        if self._allowed:
            return origin in self._allowed
        return origin == own_origin(connection) and connection.headers.get("sec-fetch-site") != "cross-site"


def own_origin(connection: HTTPConnection) -> str:
    """Return the origin (scheme, host, port) under which the client reached this server."""
    scheme = {"ws": "http", "wss": "https"}.get(connection.url.scheme, connection.url.scheme)
    return f"{scheme}://{connection.headers.get('host', '')}"


def is_valid_host(connection: HTTPConnection) -> bool:
    """Whether the Host header is a plain host with an optional port, so that links can be made from it."""
    host = connection.headers.get("host", "")
    try:
        parts = urlsplit(f"//{host}")
        return bool(parts.hostname) and parts.netloc == host and "@" not in host and (parts.port or 1) > 0
    except ValueError:
        return False


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
