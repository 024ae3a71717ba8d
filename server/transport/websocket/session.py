"""What a peer asks for, and what it is answered: watching games, and commands of its player.

What needs no reading is done at once. The rest is refused here with False, and done by `handle`, which may wait.
"""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, assert_never

from server.application.command_path import CommandPath
from server.application.live_game import LiveGame, UnreadableGameError, Watcher
from server.application.live_games import LiveGames
from server.application.outcomes import Accepted, RefusedError
from server.domain.commands import MakeMove, Resign
from server.domain.vocabulary import GameId, PlayerId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.identity.errors import PlayersUnavailableError
from server.instrumentation.fail_points import fail_point
from server.transport.problems import code_and_message
from server.transport.websocket import messages, rejections
from server.transport.websocket.messages import AcceptedMessage, ClientCommand, ClientMessage, ServerMessage, Watch
from server.transport.websocket.outbox import Outbox

MAX_WATCHED: Final = 1000
MAX_COMMANDS_UNDER_WAY: Final = 32

_UNAVAILABLE: Final = (StoreUnavailableError, PlayersUnavailableError)

_log = logging.getLogger(__name__)


class Host(Watcher, Protocol):
    """Whose conversation it is."""

    def reply(self, message: ServerMessage) -> None:
        """Owe the peer a message."""

    def try_later(self) -> None:
        """Close the connection: the peer is to come back, and to ask again for what was not answered."""


@dataclass(slots=True, eq=False)
class Conversation:
    """What is said on one socket. `player` is None for a guest, who may only watch."""

    host: Host
    player: PlayerId | None
    outbox: Outbox
    games: LiveGames
    commands: CommandPath
    _under_way: int = 0

    @property
    def has_room(self) -> bool:
        """Whether more may be asked for: neither too many commands are under way nor too many replies unread."""
        return self._under_way < MAX_COMMANDS_UNDER_WAY and self.outbox.has_room

    def handle_now(self, message: ClientMessage) -> bool:
        """Do what is asked for if there is room, and nothing to wait for; return whether it is done."""
        if not self.has_room:
            return False
        match message:
            case messages.Unwatch(game):
                self._unwatch(GameId(game))
            case messages.Watch(game, after):
                live = self.games.in_memory(GameId(game))
                if live is None or after > live.version:
                    return False
                if self._may_watch(message):
                    live.subscribe(self.host)
                    self._answer_watch(message, live)
            case _ if self.player is None:
                return False
            case _:
                self._carry_out(message, self.player)
        return True

    async def handle(self, message: ClientMessage) -> None:
        """Do what can't be done without reading a game."""
        match message:
            case messages.Watch():
                if self._may_watch(message) and (live := await self._read(message)) is not None:
                    self._answer_watch(message, live)
            case messages.MakeMove() | messages.Resign():
                if (live := await self._read(message)) is not None:
                    self.host.reply(rejections.guest(message, live))
            case messages.Unwatch():
                pass  # needs no reading
            case _:
                assert_never(message)

    def end(self) -> None:
        """Watch nothing any more, and tell nobody what is answered from now on."""
        for game in list(self.outbox.watched):
            self._unwatch(game)
        self.host = _NOBODY  # who hosts refers to this conversation: a cycle would outlive the connection

    async def _read(self, message: Watch | ClientCommand) -> LiveGame | None:
        """Return the game of a message, watched if that was asked for; None if the peer was told why not."""
        game = GameId(message.game)
        try:
            if isinstance(message, Watch):
                live = await self.games.get(game, at_least=Version(message.after))
                if live.version:
                    live.subscribe(self.host)
                return live
            return await self.games.get(game)
        except _UNAVAILABLE:
            self.host.try_later()
        except UnreadableGameError as error:
            self._refuse_unreadable(message, error)
        return None

    def _may_watch(self, message: Watch) -> bool:
        if len(self.outbox.watched) < MAX_WATCHED or message.game in self.outbox.watched:
            return True
        self.host.reply(rejections.too_many_games(message, MAX_WATCHED))
        return False

    def _answer_watch(self, message: Watch, live: LiveGame) -> None:
        if live.version == 0:
            self.host.reply(rejections.unknown_game(message))
        elif message.after > live.version:
            self._unwatch(live.id)
            live.unsubscribe(self.host)
            self.host.reply(rejections.seen_too_much(live))
        else:
            self.outbox.watch(live, Version(message.after))
            self.host.game_changed(live.id)

    def _unwatch(self, game: GameId) -> None:
        live = self.outbox.unwatch(game)
        if live is not None:
            live.unsubscribe(self.host)

    def _carry_out(self, message: ClientCommand, player: PlayerId) -> None:
        self._under_way += 1
        task = self.commands.submit(
            _command(message, player), GameId(message.game), Version(message.expected_version), message.id
        )
        task.add_done_callback(partial(self._answer, message))

    def _answer(self, message: ClientCommand, task: asyncio.Task[Accepted]) -> None:
        self._under_way -= 1
        try:
            accepted = task.result()
            fail_point("socket.accepting")
            self.host.reply(AcceptedMessage(message.id, accepted.game, accepted.version, accepted.duplicate))
        except RefusedError as refused:
            self.host.reply(rejections.refused(message, *code_and_message(refused.reason), refused.live))
        except StoreBusyError:
            self.host.reply(rejections.busy(message))
        except UnreadableGameError as error:
            self._refuse_unreadable(message, error)
        except _UNAVAILABLE as error:
            # The outcome is unknown, and that is not a refusal: the peer comes back and asks again, same id.
            _log.warning("a command was not answered: %r", error)
            self.host.try_later()
        except Exception:  # noqa: BLE001 - nobody else waits for this task, so an error of ours would go unseen
            _log.exception("a command failed")
            self.host.try_later()

    def _refuse_unreadable(self, message: Watch | ClientCommand, error: UnreadableGameError) -> None:
        _log.error("%s", error)
        self.host.reply(rejections.unreadable(message))


class _Nobody:
    """The host of a conversation that is over."""

    def reply(self, message: ServerMessage) -> None:
        """See `Host`."""

    def try_later(self) -> None:
        """See `Host`."""

    def game_changed(self, game: GameId) -> None:
        """See `Watcher`."""

    def resynchronize(self) -> None:
        """See `Watcher`."""


_NOBODY: Final = _Nobody()


def _command(message: ClientCommand, player: PlayerId) -> MakeMove | Resign:
    match message:
        case messages.MakeMove():
            return MakeMove(player, message.column)
        case messages.Resign():
            return Resign(player)
        case _:
            assert_never(message)
