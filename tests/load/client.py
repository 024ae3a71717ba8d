"""One peer of a server: a player or a guest, what it sees of the games it watches, and what it waits for."""

from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from picows import WSError

from tests.checking import messages
from tests.checking.journal import Command, Event
from tests.load.figures import Figures, clock
from tests.load.wire import Wire, connect

CONNECTION_FAILED: Final = (OSError, TimeoutError, WSError)


@dataclass(slots=True, eq=False)
class View:
    """What one client has seen of a game: everything up to `version`."""

    client: "Client"
    game: "Observed"
    version: int = 0
    is_caught_up: bool = False
    """Whether the last `watch` was answered."""
    is_broken: bool = False
    """Whether it was told something that can't be; what it sees from then on is not looked at."""


class Observed(Protocol):
    """A game as clients know it."""

    id: str

    def saw(self, view: View, events: list[Event]) -> None:
        """Take what a client was told of the game; move its view on."""

    def answered(self, client: "Client", command: Command, answer: messages.Accepted | messages.Rejected) -> None:
        """Take the answer to a command of this game."""

    def complain(self, promise: str, what: str, trace: list[str]) -> None:
        """Take what no honest server says."""


class Owner(Protocol):
    """Who has made a client."""

    figures: Figures

    def lost(self, client: "Client") -> None:
        """Its connection is over; connect again, or don't."""

    def complain(self, promise: str, game: str, what: str) -> None:
        """Take what no honest server says, outside any game of this client."""


@dataclass(slots=True, eq=False)
class Client:
    """A websocket that outlives its connections. The player is None for a guest."""

    name: str
    url: str
    owner: Owner
    player: str | None = None
    token: str | None = None
    is_mute: bool = False
    """Whether it never reads."""
    is_welcome: bool = False
    views: dict[str, View] = field(default_factory=dict)
    _pending: dict[UUID, tuple[Command, Observed]] = field(default_factory=dict)
    _wire: Wire | None = None
    _asked_at: float = 0.0
    _lost_at: float | None = None

    @property
    def unanswered(self) -> int:
        """How many commands wait for their answer."""
        return len(self._pending)

    @property
    def is_caught_up(self) -> bool:
        """Whether the connection holds and every `watch` on it was answered."""
        return self.is_welcome and all(view.is_caught_up for view in self.views.values())

    async def connect(self) -> None:
        """Connect, and go on with everything: watch after what was seen, then ask again for what was not answered.

        Raises:
            One of `CONNECTION_FAILED`.
        """
        self._asked_at = clock()
        # It is ours before it is connected: the welcome may come along with the handshake.
        self._wire = Wire(self._on_message, self._on_nonsense, self._on_lost)
        await connect(self._wire, self.url, self.token)

    def drop(self) -> None:
        """Lose the connection on purpose."""
        if self._wire is not None:
            self._wire.abort()

    def watch(self, game: Observed, after: int = 0) -> View:
        """Watch a game from now on."""
        view = self.views[game.id] = View(self, game, after)
        self._send(messages.watch(game.id, after))
        return view

    def unwatch(self, game: str) -> None:
        """Have no more to do with a game."""
        if self.views.pop(game, None) is not None:
            self._send(messages.unwatch(game))

    def send(self, command: Command, game: Observed) -> None:
        """Send a command; it is sent again after a loss, under its id, until it is answered.

        After a loss it has to wait: what was missed comes first, then everything that has no answer goes out once.
        """
        self._pending[command.id] = (command, game)
        if self._lost_at is None:
            self._send(messages.frame_of(command))

    def _send(self, text: bytes) -> None:
        if self._wire is not None and self.is_welcome:
            self._wire.send(text)

    def _on_lost(self) -> None:
        self.is_welcome = False
        self._wire = None
        self._lost_at = self._lost_at or clock()
        for view in self.views.values():
            view.is_caught_up = False
        for command, _ in self._pending.values():
            command.doubts += 1
        self.owner.lost(self)

    def _on_message(self, message: messages.Message) -> None:
        match message:
            case messages.Events(game, events):
                self._see(game, events)
            case messages.Accepted(id) | messages.Rejected(id=UUID() as id) as answer:
                if (asked := self._pending.pop(id, None)) is None:
                    self._complain(answer.game, "an answer to a command that does not wait", repr(answer))
                else:
                    asked[1].answered(self, asked[0], answer)
            case messages.Welcome():
                self._begin()
            case messages.Rejected() | messages.Error():
                self._complain(getattr(message, "game", ""), "a message that nothing asked for", repr(message))

    def _on_nonsense(self, what: str) -> None:
        self._complain("", "a message that the protocol knows", what)

    def _see(self, game: str, events: list[Event]) -> None:
        view = self.views.get(game)
        if view is None:
            return  # it was unwatched, and this was on its way
        view.game.saw(view, events)
        if not view.is_caught_up:
            view.is_caught_up = True
            if self._lost_at is not None and self.is_caught_up:
                self._resumed(self._lost_at)

    def _begin(self) -> None:
        self.is_welcome = True
        self.owner.figures.always_took("connect", clock() - self._asked_at)
        if self.is_mute and self._wire is not None:
            self._wire.stop_reading()
        for game, view in self.views.items():
            self._send(messages.watch(game, view.version))
        if self._lost_at is not None and not self.views:
            self._resumed(self._lost_at)

    def _resumed(self, lost_at: float) -> None:
        """All that was missed is there; only now is it time to ask again for what was not answered."""
        self.owner.figures.always_took("resume", clock() - lost_at)
        self._lost_at = None
        for command, _ in self._pending.values():
            self._send(messages.frame_of(command))

    def _complain(self, game: str, promise: str, what: str) -> None:
        self.owner.complain(promise, game, f"{self.name} was told {what}")
