"""A host that has vanished from the network, as it looks to who connects to it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal

Silence = Literal["accepts", "ignores"]
"""Whether a connection is made, and nothing ever answered, or not even the first packet is."""

_BACKLOG = 256


@contextmanager
def black_hole(silence: Silence) -> Iterator[int]:
    """Give a port of this machine that never answers."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG))
        port = listener.getsockname()[1]
        if silence == "ignores":
            listener.listen(0)
            _fill(port, stack)
        yield port


def _fill(port: int, stack: ExitStack) -> None:
    """Connect until the kernel ignores who comes: nobody takes these connections, and few may queue."""
    for _ in range(_BACKLOG):
        client = stack.enter_context(socket.socket())
        client.settimeout(0.2)
        try:
            client.connect(("127.0.0.1", port))
        except TimeoutError:
            return
    raise AssertionError("this kernel ignores nobody")
