"""What is said on one websocket, without a websocket: frames and news in, messages and work out.

A `Session` is sans-I/O: it has no task, no event loop and no transport, so any sequence of frames, changes and
delays is a sequence of plain calls. Whoever runs it (a `Connection`, or a test)

- hands it frames while `wants_frames` is true (`receive`), and says which games changed (`game_changed`);
- does the work that it asks for, one `next_work` after the other until there is none, and reports the outcome;
- writes the messages that are ready while the peer takes them (`next_messages`);
- closes the connection with `close_code` once that is set and no reply is pending;
- calls `end` when the connection is over, however it ended.
"""

from collections.abc import Callable
from typing import Final

from server.application.live_game import LiveGame, UnreadableGameError
from server.application.outcomes import Accepted, RefusedError
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import StoreBusyError
from server.identity.players import Player
from server.transport.encoding import EncodedGames
from server.transport.limits import TokenBucket
from server.transport.strict_json import BadMessageError
from server.transport.websocket import rejections
from server.transport.websocket.cursors import Cursors, KnownNames
from server.transport.websocket.messages import (
    PROTOCOL,
    AcceptedMessage,
    ClientCommand,
    ClientMessage,
    ErrorMessage,
    FrameTooLargeError,
    PlayerMessage,
    ServerMessage,
    Unwatch,
    Watch,
    Welcome,
    decode_frame,
    encode_message,
)
from server.transport.websocket.work import LookUpNames, ReadGame, SubmitCommand, Subscribe, Unsubscribe, Work

MAX_WATCHED: Final = 1000
"""How many games one socket watches at most."""

MAX_IN_FLIGHT: Final = 32
"""How many commands of one socket are carried out at the same time."""

MAX_PENDING_REPLIES: Final = 64
"""With more replies unsent, no frame is handled: a client that sends but doesn't read has to wait."""

MAX_BAD_FRAMES: Final = 10
MAX_EXCESS_FRAMES: Final = 1000
"""How many frames beyond the rate are answered with a rejection before the socket is closed."""

FRAMES_PER_S: Final = 200.0
FRAMES_BURST: Final = 1000.0

MESSAGES_AT_ONCE: Final = 32

COME_BACK, POLICY, TOO_LARGE, TRY_LATER = 1012, 1008, 1009, 1013


class Session:
    """One peer: a player, or a guest who only watches (`player` is None)."""

    # Thousands of these are idle, so none has a dictionary of its own.
    __slots__ = (
        "_bad_frames", "_cursors", "_encoded", "_excess_frames", "_frames", "_in_flight", "_is_looking_up_names",
        "_limit", "_reading", "_replies", "_work", "close_code", "player",
    )  # fmt: skip

    def __init__(
        self, player: Player | None, encoded: EncodedGames, known_names: KnownNames, now: Callable[[], float]
    ) -> None:
        self.player = player
        self.close_code: int | None = None
        """Set once the connection has to be closed, with this code."""
        self._encoded = encoded
        self._cursors = Cursors(known_names)
        self._limit = TokenBucket(FRAMES_PER_S, FRAMES_BURST, now)
        # Lists, because they are short and mostly empty: a deque would take 600 bytes of each idle session.
        self._frames: list[str | bytes] = []
        self._work: list[Work] = []
        self._replies: list[ServerMessage] = []
        self._reading: ReadGame | None = None
        self._is_looking_up_names = False
        self._in_flight = 0
        self._bad_frames = 0
        self._excess_frames = 0
        self._reply(Welcome(PROTOCOL, PlayerMessage(player.id, player.name) if player else None))

    # What comes in.

    def receive(self, frame: str | bytes) -> None:
        """Receive a frame. It is handled by `next_work`, in order and as soon as there is capacity."""
        if self.close_code is None:
            self._frames.append(frame)

    def game_changed(self, game: GameId) -> None:
        """Note that a watched game has new events."""
        self._cursors.game_changed(game)

    def close(self, code: int) -> None:
        """Say no more than the replies that are pending, then close. The first code stands."""
        self.close_code = self.close_code or code
        self._frames.clear()
        self._reading = None

    def end(self) -> list[LiveGame]:
        """Drop everything, and return the games to unsubscribe from."""
        self.close(COME_BACK)
        self._work.clear()
        self._replies.clear()
        return list(self._cursors)

    # What goes out.

    @property
    def wants_frames(self) -> bool:
        """Whether the peer should be read: not while frames are deferred, nor once the connection is to close."""
        return not self._frames and self._has_capacity

    @property
    def pending_replies(self) -> int:
        """How many replies are unsent."""
        return len(self._replies)

    @property
    def is_waiting_for_output(self) -> bool:
        """Whether having sent messages may be what its next work, or its close, was waiting for."""
        return (
            bool(self._frames) or self._cursors.lack_names or self.close_code is not None or not self.wants_frames
        )

    def plays(self, game: GameId) -> bool:
        """Whether the peer has a seat in a game it watches: then its news is urgent."""
        return self.player is not None and self._cursors.is_seat_of(self.player.id, game)

    def next_messages(self) -> list[bytes]:
        """Return the messages to send next, a few at a time: replies first, then events of watched games."""
        messages = [encode_message(reply) for reply in self._replies[:MESSAGES_AT_ONCE]]
        del self._replies[:MESSAGES_AT_ONCE]
        if self.close_code is None:
            messages += self._cursors.next_messages(MESSAGES_AT_ONCE - len(messages))
        return messages

    def next_work(self) -> Work | None:
        """Return what has to be done next for this peer; None when there is nothing, or no capacity for more."""
        while not self._work and self._frames and self._has_capacity:
            self._handle(self._frames.pop(0))
        if self._work:
            return self._work.pop(0)
        if self._cursors.lack_names and not self._is_looking_up_names and self.close_code is None:
            self._is_looking_up_names = True
            return LookUpNames(self._cursors.nameless_players)
        return None

    # How work ended.

    def game_read(self, work: ReadGame, live: LiveGame) -> None:
        """Answer the message whose game was read; at version 0 there is no such game."""
        if work is not self._reading:
            return  # the session closes
        self._reading = None
        match work.message:
            case Watch() as watch:
                self._answer_watch(watch, live)
            case command:
                self._reply(rejections.guest(command, self._encoded.of(live)))

    def names_known(self) -> None:
        """Send what lacked names."""
        self._is_looking_up_names = False
        self._cursors.names_known()

    def work_failed(self, work: ReadGame | LookUpNames, error: Exception) -> None:
        """Refuse what needed a read that failed for good; else ask the peer to come back."""
        match work, error:
            case ReadGame(message), UnreadableGameError() if work is self._reading:
                self._reading = None
                self._reply(rejections.unreadable(message))
            case ReadGame(message), StoreBusyError() if work is self._reading:
                self._reading = None
                self._reply(rejections.busy(message))
            case _:
                self.close(TRY_LATER)

    def command_finished(self, command: ClientCommand, outcome: Accepted | Exception) -> None:
        """Answer a command. An unknown outcome is never told as a refusal: the peer comes back and asks again."""
        self._in_flight -= 1
        match outcome:
            case Accepted(game, version, duplicate):
                self._reply(AcceptedMessage(command.id, game, version, duplicate))
            case RefusedError() as refusal:
                self._reply(rejections.refused(command, refusal, self._encoded.of(refusal.live)))
            case StoreBusyError():
                self._reply(rejections.busy(command))
            case UnreadableGameError():
                self._reply(rejections.unreadable(command))
            case _:
                self.close(TRY_LATER)

    @property
    def _has_capacity(self) -> bool:
        return (
            self.close_code is None
            and self._reading is None
            and self._in_flight < MAX_IN_FLIGHT
            and len(self._replies) <= MAX_PENDING_REPLIES
        )

    def _handle(self, frame: str | bytes) -> None:
        try:
            message = decode_frame(frame)
        except BadMessageError as error:
            self._refuse_frame(ErrorMessage("bad_message", str(error)))
        except FrameTooLargeError as error:
            self._refuse_frame(ErrorMessage("too_large", str(error)))
            self.close(TOO_LARGE)
        else:
            if self._limit.take():
                self._obey(message)
            else:
                self._refuse_excess(message)

    def _obey(self, message: ClientMessage) -> None:
        match message:
            case Unwatch(game):
                if (live := self._cursors.remove(GameId(game))) is not None:
                    self._work.append(Unsubscribe(live))
            case Watch(game, after):
                if GameId(game) in self._cursors or len(self._cursors) < MAX_WATCHED:
                    self._read(ReadGame(message, Version(after)))
                else:
                    self._reply(rejections.too_many_games(message, MAX_WATCHED))
            case command if self.player is None:
                self._read(ReadGame(command, Version(0)))
            case command:
                self._in_flight += 1
                self._work.append(SubmitCommand(command, self.player.id))

    def _read(self, reading: ReadGame) -> None:
        self._reading = reading
        self._work.append(reading)

    def _answer_watch(self, watch: Watch, live: LiveGame) -> None:
        if live.version == 0:
            self._reply(rejections.unknown_game(watch))
        elif watch.after > live.version:
            if self._cursors.remove(live.id) is not None:
                self._work.append(Unsubscribe(live))
            self._reply(rejections.seen_too_much(self._encoded.of(live)))
        else:
            self._cursors.place(self._encoded.of(live), Version(watch.after))
            self._work.append(Subscribe(live))

    def _refuse_frame(self, error: ErrorMessage) -> None:
        self._reply(error)
        self._bad_frames += 1
        if self._bad_frames >= MAX_BAD_FRAMES:
            self.close(POLICY)

    def _refuse_excess(self, message: ClientMessage) -> None:
        self._reply(rejections.too_fast(message))
        self._excess_frames += 1
        if self._excess_frames >= MAX_EXCESS_FRAMES:
            self.close(POLICY)

    def _reply(self, message: ServerMessage) -> None:
        self._replies.append(message)
