"""A TCP proxy that can break what passes through it: between a client and the server, or the server and Postgres.

What a link holds back is kept in order and delivered once the link heals, as TCP would; only `cut` loses bytes.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

DELAY_S: Final = 0.15
DRIBBLE_AT_ONCE: Final = 64
"""How many single bytes are written before others have their turn."""

CONNECT_TIMEOUT_S: Final = 5.0

Target = Path | tuple[str, int] | None
"""A Unix socket, an address, or nothing: then whoever comes is turned away."""


class Mode(Enum):
    """What happens to the bytes of a link."""

    PASS = "pass"
    STALL = "stall"
    """Half-open: connections are accepted and stay open, and nothing goes through."""
    DELAY = "delay"
    """Everything comes `DELAY_S` later."""
    DRIBBLE = "dribble"
    """One byte at a time."""
    CUT = "cut"
    """Connections are reset, those that come too."""


@dataclass(eq=False)
class _Pipe(asyncio.Protocol):
    """One direction of a link: it receives from one transport and sends to that of its `twin`."""

    link: "_Link"
    held: deque[tuple[float, bytes]] = field(default_factory=deque)
    transport: asyncio.Transport | None = None
    ended: bool = False
    """Whether its source sends nothing more."""
    is_drained: bool = False
    """Whether the sink was told so, after all the rest."""
    _twin: "_Pipe | None" = None
    _timer: asyncio.TimerHandle | None = None

    @property
    def twin(self) -> "_Pipe":
        assert self._twin is not None
        return self._twin

    def send_to(self, twin: "_Pipe") -> None:
        self._twin = twin

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.link.connected(self)

    def data_received(self, data: bytes) -> None:
        if self.link.mode is Mode.PASS and not self.held and self.twin.transport is not None:
            self.twin.transport.write(data)
        else:
            self.held.append((asyncio.get_running_loop().time(), data))
            self.deliver()

    def eof_received(self) -> bool:
        self.ended = True
        self.deliver()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.link.lost(self, error)

    def pause_writing(self) -> None:
        if (source := self.twin.transport) is not None and source.is_reading():
            source.pause_reading()

    def resume_writing(self) -> None:
        if (source := self.twin.transport) is not None and not source.is_closing():
            source.resume_reading()

    def deliver(self) -> None:
        """Send on what the link's mode lets through now, and come back for the rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        sink = self.twin.transport
        if sink is None or sink.is_closing() or self.link.mode is Mode.STALL:
            return
        wait_s = self._send(sink)
        if wait_s is not None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self.deliver)
        elif self.ended and not self.is_drained:
            self.is_drained = True
            try:
                sink.write_eof()
            except OSError:  # its peer is gone, and it has not noticed yet
                sink.abort()
            self.link.drained()

    def _send(self, sink: asyncio.Transport) -> float | None:
        """Send what may go; return in how many seconds there is more, None when all is sent."""
        now = asyncio.get_running_loop().time()
        left = DRIBBLE_AT_ONCE
        while self.held:
            at, data = self.held[0]
            if self.link.mode is Mode.DELAY and at + DELAY_S > now:
                return at + DELAY_S - now
            if self.link.mode is not Mode.DRIBBLE:
                sink.write(data)
            else:
                part, rest = data[:left], data[left:]
                for byte in part:
                    sink.write(bytes((byte,)))
                left -= len(part)
                if rest or not left:
                    self.held[0] = (at, rest)
                    return 0.0
            self.held.popleft()
        return None


class _Link:
    """One client's connection and the one that was opened for it."""

    def __init__(self, proxy: "Proxy") -> None:
        self._proxy = proxy
        self.mode = proxy.mode
        self.near = _Pipe(self)
        self.far = _Pipe(self)
        self.near.send_to(self.far)
        self.far.send_to(self.near)
        self._lost: set[_Pipe] = set()

    def connected(self, pipe: _Pipe) -> None:
        if pipe is self.near:
            self._proxy.began(self)
        self.near.deliver()

    def lost(self, pipe: _Pipe, error: Exception | None) -> None:
        """One side is gone: tell the other, unless the link is stalled, where nobody learns of anything."""
        self._lost.add(pipe)
        other = pipe.twin.transport
        if other is None or pipe.twin in self._lost:
            self._proxy.links.discard(self)
        elif self.mode is Mode.STALL:
            pass
        elif error is not None:
            other.abort()
        else:
            other.close()

    def drained(self) -> None:
        """One direction is over; when both are, nobody closes the connections but the proxy."""
        if self.near.is_drained and self.far.is_drained:
            for pipe in (self.near, self.far):
                if pipe.transport is not None:
                    pipe.transport.close()

    def set(self, mode: Mode) -> None:
        self.mode = mode
        if mode is Mode.CUT:
            self.cut()
            return
        for pipe in (self.near, self.far):
            pipe.deliver()
            if pipe in self._lost and mode is not Mode.STALL and pipe.twin.transport is not None:
                pipe.twin.transport.close()

    def cut(self) -> None:
        for pipe in (self.near, self.far):
            if pipe.transport is not None:
                pipe.transport.abort()


class Proxy:
    """Listens on a free port of this machine, and passes on to `target`, which may change.

    async with Proxy(lambda: ("127.0.0.1", 8000)) as proxy:
        proxy.set(Mode.STALL)
    """

    def __init__(self, target: Callable[[], Target]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self.mode = Mode.PASS
        self.links: set[_Link] = set()

    @property
    def port(self) -> int:
        assert self._server is not None, "the proxy is not open"
        return int(self._server.sockets[0].getsockname()[1])

    def set(self, mode: Mode, *, also_new: bool = True, also_old: bool = True) -> None:
        """Change the mode of the links there are, of those to come, or of both."""
        if also_new:
            self.mode = mode
        if also_old:
            for link in list(self.links):
                link.set(mode)

    def cut(self) -> None:
        """Reset all connections, once; new ones are welcome."""
        self.set(Mode.CUT, also_new=False)

    def began(self, link: _Link) -> None:
        """Connect a new link to the target. Called by the link."""
        self.links.add(link)
        task = asyncio.get_running_loop().create_task(self._connect(link))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, link: _Link) -> None:
        loop = asyncio.get_running_loop()
        target = self._target()
        if target is None or self.mode is Mode.CUT:
            link.cut()
            return
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                if isinstance(target, Path):
                    await loop.create_unix_connection(lambda: link.far, str(target))
                else:
                    await loop.create_connection(lambda: link.far, *target)
        except (OSError, TimeoutError):
            link.cut()
        if link not in self.links:  # the near side left meanwhile
            link.cut()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Link(self).near, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self.links):
            link.cut()
        for task in list(self._connecting):
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        await self._server.wait_closed()
