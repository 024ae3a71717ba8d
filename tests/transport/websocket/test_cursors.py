"""What lies beyond a cursor is sent: all of it, in order, whatever else changed to no effect."""

import json
from typing import Any

from server.domain.vocabulary import GameId, PlayerId, Version
from server.transport.encoding import EncodedGame
from server.transport.websocket.cursors import Cursors
from tests.transport.websocket.recorded import advance, game

AT_ONCE = 32


def cursors() -> Cursors:
    return Cursors(lambda players: dict.fromkeys(players, "Ann"))


def sent(cursors: Cursors) -> list[dict[str, Any]]:
    return [json.loads(message) for message in cursors.next_messages(AT_ONCE)]


def test_games_that_changed_to_no_effect_hide_no_event_behind_them() -> None:
    """The last event of a game has no successor that would reveal that it was not sent."""
    watched = cursors()
    games = [game(f"game{number:02}", 2) for number in range(AT_ONCE + 8)]
    for live in games:
        watched.place(EncodedGame(live), Version(0))
    while watched.next_messages(AT_ONCE):
        pass
    for live in games[:-1]:
        watched.game_changed(live.id)
    advance(games[-1], 3)
    watched.game_changed(games[-1].id)
    assert [message["game"] for message in sent(watched)] == [games[-1].id]


def test_games_are_sent_in_the_order_in_which_they_changed() -> None:
    """Else a slow peer's first game might wait for ever behind busier ones."""
    watched = cursors()
    games = [game(f"game{number:02}", 2) for number in range(5)]
    for live in games:
        watched.place(EncodedGame(live), Version(0))
    assert [message["game"] for message in sent(watched)] == [live.id for live in games]


def test_watchers_who_have_seen_the_same_share_the_bytes() -> None:
    """Two thousand watchers of one game must not cost two thousand encodings."""
    encoded = EncodedGame(game("g", 4))
    assert encoded.message_after(Version(2)) is encoded.message_after(Version(2))
    with_names = encoded.message_after(Version(2), {PlayerId("ann"): "Ann"})
    assert json.loads(with_names)["players"] == {"ann": "Ann"}
    assert json.loads(encoded.message_after(Version(2)))["players"] == {}
    advance(encoded.live, 5)
    assert [event["version"] for event in json.loads(encoded.message_after(Version(2)))["events"]] == [3, 4, 5]


def test_a_message_made_for_one_watcher_names_nobody_to_another_who_knows_everybody() -> None:
    first, second = cursors(), cursors()
    encoded = EncodedGame(game("g", 2))
    for watched in (first, second):
        watched.place(encoded, Version(0))
        assert sent(watched)[0]["players"] == {"ann": "Ann", "bob": "Ann"}
    advance(encoded.live, 3)
    first.game_changed(GameId("g"))
    assert sent(first)[0]["players"] == {}
