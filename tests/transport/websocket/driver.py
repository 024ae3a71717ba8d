"""Runs a session by plain calls, as a connection does, but with every delay and outcome chosen by the test."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from server.application.live_game import LiveGame
from server.domain.vocabulary import GameId, PlayerId
from server.identity.players import Player
from server.transport.encoding import EncodedGames
from server.transport.websocket.messages import ClientCommand
from server.transport.websocket.session import Session
from server.transport.websocket.work import LookUpNames, ReadGame, SubmitCommand, Subscribe, Unsubscribe

Json = dict[str, Any]


class Driver:
    """A session, and everything around it that a test decides: the clock, the games, the names, the outcomes."""

    def __init__(self, player: str | None = "ann") -> None:
        self.now = 0.0
        self.known: set[PlayerId] | None = None
        """Players whose names are in memory; None: all of them."""
        self.subscribed: dict[GameId, LiveGame] = {}
        self.reads: list[ReadGame] = []
        self.submitted: list[ClientCommand] = []
        self.lookups: list[LookUpNames] = []
        self.sent: list[Json] = []
        identity = Player(PlayerId(player), player.title()) if player else None
        self.session = Session(identity, EncodedGames(), self._known_names, lambda: self.now)

    def receive(self, *frames: Json | str | bytes) -> None:
        """Hand frames over as one read of the socket may bring them, then do the work there is."""
        for frame in frames:
            self.session.receive(json.dumps(frame) if isinstance(frame, dict) else frame)
        self.work()

    def work(self) -> None:
        """Note the work that the session asks for; what takes time is finished by the test."""
        while (work := self.session.next_work()) is not None:
            match work:
                case ReadGame():
                    self.reads.append(work)
                case SubmitCommand(message):
                    self.submitted.append(message)
                case LookUpNames():
                    self.lookups.append(work)
                case Subscribe(live):
                    self.subscribed[live.id] = live
                case Unsubscribe(live):
                    self.subscribed.pop(live.id, None)

    def finish_read(self, outcome: LiveGame | Exception) -> ReadGame:
        """Finish the only read in progress."""
        (read,) = self.reads
        self.reads.clear()
        if isinstance(outcome, LiveGame):
            self.session.game_read(read, outcome)
        else:
            self.session.work_failed(read, outcome)
        self.work()
        return read

    def learn_names(self) -> None:
        """Finish the only look-up of names."""
        (lookup,) = self.lookups
        self.lookups.clear()
        self.known = (self.known or set()) | lookup.players
        self.session.names_known()
        self.work()

    def write(self, *, writes: int = 1) -> list[Json]:
        """Let the peer read what so many writes bring; return it."""
        before = len(self.sent)
        for _ in range(writes):
            self.sent += [json.loads(message) for message in self.session.next_messages()]
            self.work()
        return self.sent[before:]

    def write_all(self) -> list[Json]:
        """Let the peer read everything that is ready."""
        found: list[Json] = []
        while more := self.write():
            found += more
        return found

    def _known_names(self, players: Collection[PlayerId]) -> Mapping[PlayerId, str] | None:
        if self.known is not None and not set(players) <= self.known:
            return None
        return {player: player.title() for player in players}


def watch(game: str, after: int = 0) -> Json:
    return {"type": "watch", "game": game, "after": after}


def unwatch(game: str) -> Json:
    return {"type": "unwatch", "game": game}


def make_move(game: str, number: int = 1) -> Json:
    identity = f"00000000-0000-4000-8000-{number:012}"
    return {"type": "make_move", "id": identity, "game": game, "expected_version": 2, "column": "D"}
