"""How uvicorn serves here: with what limits, and with which protocols."""

import asyncio
import ipaddress
from typing import Final

import uvicorn
from starlette.applications import Starlette

from server.serving.uvicorn_adapter.connection_limit import ConnectionLimit, Network

MAX_OTHER_CONNECTIONS: Final = 1000
"""How many connections a process accepts beyond the websockets it is set to: HTTP, and handshakes."""

MAX_CONNECTIONS_OF_ONE_NETWORK: Final = 400

_MAX_FRAME_BYTES: Final = 65_536  # the application itself refuses more than 4 KiB, with a clear error


class AdapterConfig(uvicorn.Config):
    """uvicorn's configuration, with the connections that its protocols count."""

    def __init__(
        self,
        app: Starlette,
        *,
        http: type[asyncio.Protocol],
        ws: type[asyncio.Protocol],
        connections: ConnectionLimit,
        trusted_proxies: str,
        close_connections_s: int,
    ) -> None:
        super().__init__(
            app,
            http=http,
            ws=ws,
            ws_max_size=_MAX_FRAME_BYTES,
            ws_per_message_deflate=False,
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            lifespan="on",
            timeout_keep_alive=75,  # longer than a proxy keeps an idle connection, so that the proxy closes it
            timeout_graceful_shutdown=close_connections_s,
            proxy_headers=True,
            forwarded_allow_ips=trusted_proxies,
            server_header=False,
            access_log=False,
            log_config=None,
        )
        self.connections = connections


def connection_limit(max_websockets: int, trusted_proxies: str) -> ConnectionLimit:
    """Return the limit of a process that accepts so many websockets, behind these proxies."""
    trusted: list[Network] = []
    if trusted_proxies == "*":
        trusted = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    else:
        trusted = [ipaddress.ip_network(part.strip(), strict=False) for part in trusted_proxies.split(",")]
    return ConnectionLimit(max_websockets + MAX_OTHER_CONNECTIONS, MAX_CONNECTIONS_OF_ONE_NETWORK, trusted)
