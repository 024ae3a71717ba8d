"""A websocket without waiting: what a server offers to whoever answers many frames, and what it asks in return.

ASGI hands on each message through a queue, a task and a handful of layers. A move is one message in and one for
everybody who watches, so that is where a third of the server's time went. Here messages are handed over where they
are parsed, and written where they are made.
"""

from typing import Final, Protocol

EXTENSION: Final = "fourfold.wire"
"""Where a server offers a `Wire` among the extensions in the scope of a websocket."""


class Peer(Protocol):
    """Who is at our end of a wire. No call may block or raise."""

    def take(self, message: str | bytes) -> None:
        """Take a message, in the order in which they came."""

    def full(self) -> None:
        """There is no room to write."""

    def writable(self) -> None:
        """There is room again."""

    def lost(self) -> None:
        """The connection is over; nothing more will come. Called once."""


class Wire(Protocol):
    """An accepted websocket."""

    is_writable: bool
    """Whether the other side takes what is written; what is written meanwhile is kept."""

    def attach(self, peer: Peer) -> None:
        """Hand messages to `peer` from now on, those first that came before."""

    def write(self, frames: bytes) -> None:
        """Send whole frames; in vain if the connection is being lost."""

    def hold(self) -> None:
        """Read no more until `go_on`."""

    def go_on(self) -> None:
        """Read again."""

    async def close(self, code: int) -> None:
        """Close politely, once there is room for the last frame."""

    def abort(self) -> None:
        """Cut the connection at once: closing it would wait for a peer that does not read."""
