"""Which pages may act for a player: the origins that are allowed."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


class Origins:
    """Which pages may act for the player whose cookie their browser sends: those listed, letter by letter.

    Without a list it is the pages of this very site, whose Origin is the scheme and host that the request itself
    came to. That suits a server reached under any address, but believes what names resolve to; a public server has
    a list.
    """

    def __init__(self, allowed: tuple[str, ...] = ()) -> None:
        self._allowed = allowed

    def admit(self, connection: HTTPConnection) -> bool:
        """Whether the page behind `connection`, if there is one, may use it. Programs send no Origin."""
        origin = connection.headers.get("origin")
        if origin is None:
            return connection.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        if self._allowed:
            return origin in self._allowed
        return origin == _own_origin(connection) and connection.headers.get("sec-fetch-site") != "cross-site"

    def for_links(self, connection: HTTPConnection) -> str | None:
        """Return the origin that links to this site begin with: the one the client uses, if that is allowed.

        Otherwise it is the first of the list: the Host of a request may be anything. Returns None without a list
        when the Host is no host.
        """
        own = _own_origin(connection)
        if self._allowed:
            return own if own in self._allowed else self._allowed[0]
        return own if _is_valid_host(connection) else None


def _own_origin(connection: HTTPConnection) -> str:
    """Return the origin (scheme, host, port) under which the client reached this server, or says that it did."""
    scheme = {"ws": "http", "wss": "https"}.get(connection.scope["scheme"], connection.scope["scheme"])
    return f"{scheme}://{connection.headers.get('host', '')}"


def _is_valid_host(connection: HTTPConnection) -> bool:
    """Whether the Host header is a plain host with an optional port, so that links can be made from it."""
    host = connection.headers.get("host", "")
    try:
        parts = urlsplit(f"//{host}")
        return bool(parts.hostname) and parts.netloc == host and "@" not in host and (parts.port or 1) > 0
    except ValueError:
        return False
