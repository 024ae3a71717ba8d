"""What an outbox owes is told: all of it, in order, whatever else was woken in vain."""

import json
from typing import cast

from server.application.live_game import LiveGame
from server.application.names import Names
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import decode
from server.transport.websocket.outbox import MAX_AT_ONCE, Outbox
from tests.transport.recorded import opened


class EverybodyIsKnown:
    def known(self, players: set[str]) -> dict[str, str]:
        return dict.fromkeys(players, "Ann")


def game(number: int) -> LiveGame:
    live = LiveGame(GameId(f"game{number:02}"))
    live.receive([decode(opened(live.id))])
    return live


def an_outbox() -> Outbox:
    return Outbox(cast("Names", EverybodyIsKnown()))


def games_in(frames: bytes) -> list[str]:
    """The games of the messages in frames, read without a care for frame headers."""
    parts = frames.decode(errors="replace").split('{"type":"events"')[1:]
    return [json.loads('{"type":"events"' + part[: part.rindex("}") + 1])["game"] for part in parts]


def test_games_woken_in_vain_hide_no_event_behind_them() -> None:
    """The last event of a game has no successor that would reveal that it was not told."""
    outbox = an_outbox()
    games = [game(number) for number in range(MAX_AT_ONCE + 8)]
    for live in games:
        outbox.watch(live, Version(0))
    while outbox.next_frames():
        pass
    for live in games[:-1]:
        outbox.wake(live.id)
    games[-1].receive([decode(opened(games[-1].id))])
    outbox.watch(games[-1], Version(0))
    assert games_in(outbox.next_frames()) == [games[-1].id]


def test_games_are_told_in_the_order_in_which_they_went_on() -> None:
    """Else a slow peer's first game might wait for ever behind busier ones."""
    outbox = an_outbox()
    games = [game(number) for number in range(5)]
    for live in games:
        outbox.watch(live, Version(0))
    assert games_in(outbox.next_frames()) == [live.id for live in games]
