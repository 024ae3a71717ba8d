"""The port: the configured one, or the next free one."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from server.serving.errors import ServingError

PORTS_TRIED = 20

SEND_BUFFER = 65_536
"""Bytes that the system buffers for a peer that doesn't read; its own limit would be 4 MiB for each."""

_BACKLOG = 2048


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on `port`, or on the next free one if it is taken (0: on any), until the end of the block.

    Connections are queued from here on and answered as soon as the server is ready.

    Raises:
        ServingError: this address cannot be used, or no port is free.
    """
    last = min(port + PORTS_TRIED, 65535) if port else 0
    for candidate in range(port, last + 1):
        try:
            listener = _listen(host, candidate)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and candidate < last:
                continue
            raise ServingError(_explanation(error, host, port, last)) from error
        with listener:
            yield listener
        return


def _listen(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # connections have it from here
        listener.bind(address)
        listener.listen(_BACKLOG)  # at once, since a port that is bound but does not listen is not yet ours
    except BaseException:
        listener.close()
        raise
    return listener


def _explanation(error: OSError, host: str, port: int, last: int) -> str:
    if isinstance(error, socket.gaierror):
        return f"--host (FOURFOLD_HOST): {host!r} is not the name of any address here ({error.strerror})."
    match error.errno:
        case errno.EADDRINUSE:
            return f"The ports {port} to {last} are all taken; choose another --port (FOURFOLD_PORT), or 0 for any."
        case errno.EACCES:
            return f"Port {port} is for root only; choose a --port (FOURFOLD_PORT) from 1024 up."
        case errno.EADDRNOTAVAIL:
            return f"--host (FOURFOLD_HOST): {host!r} is not an address of this machine."
        case _:
            return f"Cannot listen on {host!r}, port {port}: {error.strerror}."
