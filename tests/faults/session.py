"""One peer of one server process: a player or a spectator, whose connection comes back whenever it is lost."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from tests.checking import messages
from tests.checking.journal import Command, Event, Stream
from tests.faults.app_process import AppProcess
from tests.faults.wire import Wire, connect

BACK_OFF_S: Final = (0.05, 0.2)
ANSWER_LIMIT_S: Final = 8.0
"""After so long without an answer the connection is given up, and the command is asked for anew elsewhere."""


class Watched(Protocol):
    """A game, as far as a session knows it."""

    @property
    def id(self) -> str:
        """The game's id."""

    def moved(self, session: "Session", version: int) -> None:
        """The session has seen the game up to `version`."""

    def streams_to(self, session: "Session", after: int) -> Stream:
        """Return the stream that the session is about to receive, written down in the game's journal."""


class Owner(Protocol):
    """Who has commands sent by sessions."""

    def answered(self, command: Command, message: messages.Accepted | messages.Rejected) -> None:
        """The server answered."""

    def doubted(self, command: Command) -> None:
        """The connection was lost before the answer."""

    def opened(self, session: "Session") -> None:
        """The session can send again."""

    def seen(self, game: str, count: int) -> None:
        """That many events of a game came."""

    def complain(self, game: str, what: str) -> None:
        """The server said what it must not say."""


@dataclass(eq=False)
class Session:
    """A websocket to one process, for one player (`token`) or a guest. `run` must be running."""

    name: str
    app: AppProcess
    token: str | None
    owner: Owner
    chance: random.Random
    close_codes: Counter[int | None] = field(default_factory=Counter)
    """With which codes the server closed its connections; None where one was lost without."""
    _wire: Wire | None = None
    _is_welcome: bool = False
    _watched: dict[str, tuple[Watched, Stream]] = field(default_factory=dict)
    _pending: dict[UUID, tuple[Command, float]] = field(default_factory=dict)
    _lost: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_open(self) -> bool:
        """Whether what is sent has a chance to arrive."""
        return self._is_welcome and self._wire is not None and self._wire.is_open

    @property
    def pending(self) -> int:
        """How many commands wait for their answers."""
        return len(self._pending)

    def seen(self, game: str) -> int:
        """Return the version up to which this session has seen a game that it watches."""
        return self._watched[game][1].version

    def has_all(self, game: str, version: int) -> bool:
        """Whether a game was seen up to `version` over a connection that still holds."""
        stream = self._watched[game][1]
        return stream.is_open and stream.version == version

    def watch(self, game: Watched) -> None:
        """Watch a game from its beginning, over this and all later connections."""
        self._watched[game.id] = (game, Stream("nobody", 0, is_open=False))
        self._ask_for(game, 0)

    def unwatch(self, game: str) -> None:
        """Have no more to do with a game."""
        if self._watched.pop(game, None) is not None and self._wire is not None:
            self._wire.send(messages.unwatch(game))

    def send(self, command: Command) -> None:
        """Send a command, for the first time or again."""
        assert self._wire is not None
        self._pending[command.id] = (command, asyncio.get_running_loop().time())
        self._wire.send(messages.frame_of(command))

    def check_answers(self) -> None:
        """Give the connection up when a command has waited too long for its answer."""
        oldest = next(iter(self._pending.values()), None)
        if oldest is not None and oldest[1] + ANSWER_LIMIT_S < asyncio.get_running_loop().time():
            self.drop()

    def drop(self) -> None:
        """Lose the connection on purpose."""
        if self._wire is not None:
            self._wire.abort()

    async def run(self) -> None:
        """Connect and come back after each loss, until cancelled."""
        try:
            while True:
                self._lost.clear()
                self._wire = Wire(self.token, self._on_message, self._lost.set)
                try:
                    await connect(self._wire, self.app.to_app.port)
                except (OSError, TimeoutError):
                    self._lost.set()
                await self._lost.wait()
                self._forget_connection()
                await asyncio.sleep(self.chance.uniform(*BACK_OFF_S))
        finally:
            if self._wire is not None:
                self._wire.abort()

    def _forget_connection(self) -> None:
        self.close_codes[self._wire.close_code if self._wire else None] += 1
        self._wire = None
        self._is_welcome = False
        for _, stream in self._watched.values():
            stream.is_open = False
        pending, self._pending = self._pending, {}
        for command, _ in pending.values():
            self.owner.doubted(command)

    def _ask_for(self, game: Watched, after: int) -> None:
        if self.is_open and self._wire is not None:
            self._watched[game.id][1].is_open = False
            self._watched[game.id] = (game, game.streams_to(self, after))
            self._wire.send(messages.watch(game.id, after))

    def _on_message(self, text: bytes) -> None:
        match messages.decode(text):
            case messages.Events(game, events):
                self._see(game, events)
            case messages.Accepted(id) | messages.Rejected(id=UUID() as id) as answer:
                if id in self._pending:
                    command, _ = self._pending.pop(id)
                    if isinstance(answer, messages.Accepted):
                        self.app.acknowledged_at = asyncio.get_running_loop().time()
                    self.owner.answered(command, answer)
                else:
                    self.owner.complain(answer.game, f"an answer to nothing that was asked: {answer}")
            case messages.Rejected(game=game, code="too_many_requests") as refused:
                after = self.seen(game) if game in self._watched else 0
                asyncio.get_running_loop().call_later(0.5, self._watch_again, refused.game, after)
            case messages.Welcome():
                self._is_welcome = True
                for watched, stream in list(self._watched.values()):
                    self._ask_for(watched, stream.version)
                self.owner.opened(self)
            case unexpected:
                self.owner.complain("", f"{self.name} was told {unexpected}")

    def _see(self, game: str, events: list[Event]) -> None:
        if game not in self._watched:
            return  # it was unwatched, and this was on its way
        watched, stream = self._watched[game]
        stream.events += events
        if events:
            watched.moved(self, stream.version)
        self.owner.seen(game, len(events))

    def _watch_again(self, game: str, after: int) -> None:
        if game in self._watched and self.is_open and self.seen(game) == after:
            self._ask_for(self._watched[game][0], after)
