"""A session answers everything it is asked, in bounded memory, whatever the peer and the database do."""

from uuid import UUID

import pytest

from server.application.live_game import LiveGame, UnreadableGameError
from server.application.outcomes import Accepted, RefusedError
from server.domain.errors import NotYourTurnError
from server.domain.vocabulary import GameId, Version
from server.eventstore.errors import StoreBusyError, StoreUnavailableError
from server.transport.websocket.session import (
    FRAMES_BURST,
    MAX_BAD_FRAMES,
    MAX_EXCESS_FRAMES,
    MAX_IN_FLIGHT,
    MAX_PENDING_REPLIES,
    MAX_WATCHED,
    POLICY,
    TOO_LARGE,
    TRY_LATER,
)
from tests.transport.websocket.driver import Driver, make_move, unwatch, watch
from tests.transport.websocket.recorded import ANN, advance, game


def versions(messages: list[dict[str, object]]) -> list[int]:
    return [event["version"] for message in messages for event in message.get("events", [])]  # type: ignore[attr-defined]


def test_the_first_message_says_who_the_peer_is() -> None:
    assert Driver("ann").write()[0]["player"] == {"id": "ann", "name": "Ann"}
    assert Driver(None).write()[0]["player"] is None


def test_watching_brings_what_lies_beyond_the_version_and_then_each_change() -> None:
    peer, live = Driver(), game("g", 4)
    peer.receive(watch("g", after=2))
    peer.finish_read(live)
    assert versions(peer.write_all()) == [3, 4]
    assert peer.subscribed == {"g": live}
    advance(live, 6)
    peer.session.game_changed(live.id)
    assert versions(peer.write_all()) == [5, 6]


def test_watching_is_answered_even_when_there_is_nothing_new() -> None:
    """The answer is how a client that comes back knows that it has caught up."""
    peer = Driver()
    peer.write_all()
    peer.receive(watch("g", after=4))
    peer.finish_read(game("g", 4))
    (answer,) = peer.write_all()
    assert (answer["type"], answer["events"]) == ("events", [])


def test_a_peer_that_reads_slowly_gets_everything_once_and_in_order() -> None:
    peer, live = Driver(), game("g", 2)
    peer.receive(watch("g"))
    peer.finish_read(live)
    for version in range(3, 20):
        advance(live, version)
        peer.session.game_changed(live.id)
    assert versions(peer.write_all()) == list(range(1, 20))


def test_after_unwatch_no_more_events_come() -> None:
    peer, live = Driver(), game("g", 2)
    peer.receive(watch("g"))
    peer.finish_read(live)
    peer.write_all()
    peer.receive(unwatch("g"))
    assert peer.subscribed == {}
    advance(live, 3)
    peer.session.game_changed(live.id)  # a change that was on its way
    assert peer.write_all() == []


def test_a_game_that_does_not_exist_is_not_watched() -> None:
    peer = Driver()
    peer.write_all()
    peer.receive(watch("g"))
    peer.finish_read(LiveGame(GameId("g")))
    assert [(m["type"], m["code"]) for m in peer.write_all()] == [("rejected", "unknown_game")]
    assert peer.subscribed == {}


def test_who_has_seen_more_than_the_log_holds_gets_all_of_it_and_watches_no_more() -> None:
    peer, live = Driver(), game("g", 3)
    peer.receive(watch("g"))
    peer.finish_read(live)
    peer.write_all()
    peer.receive(watch("g", after=9))
    assert peer.finish_read(live).at_least == 9
    (answer,) = peer.write_all()
    assert (answer["code"], answer["version"], versions([answer])) == ("wrong_expected_version", 3, [1, 2, 3])
    assert peer.subscribed == {}


def test_names_come_with_the_first_events_of_a_player_and_are_forgotten_with_the_last_game() -> None:
    """Else a socket that looks at one game after the other would remember everybody it ever met."""
    peer = Driver()
    for name in ("g", "h"):
        peer.receive(watch(name))
        peer.finish_read(game(name, 2))
    first, second = peer.write_all()[1:]
    assert first["players"] == {"ann": "Ann", "bob": "Bob"}
    assert second["players"] == {}
    peer.receive(unwatch("g"), unwatch("h"), watch("g"))
    peer.finish_read(game("g", 2))
    assert peer.write_all()[0]["players"] == {"ann": "Ann", "bob": "Bob"}


def test_events_wait_for_names_and_nothing_else_does() -> None:
    peer, live = Driver(), game("g", 2)
    peer.known = set()
    peer.receive(watch("g"))
    peer.finish_read(live)
    assert [message["type"] for message in peer.write_all()] == ["welcome"]
    peer.receive(make_move("g"))
    peer.session.command_finished(peer.submitted[0], Accepted(live.id, Version(3), duplicate=False))
    assert [message["type"] for message in peer.write_all()] == ["accepted"]
    peer.learn_names()
    assert [message["type"] for message in peer.write_all()] == ["events"]


def test_each_command_is_answered_by_its_own_id() -> None:
    peer, live = Driver(), game("g", 4)
    peer.write_all()
    peer.receive(*(make_move("g", number) for number in range(1, 6)))
    outcomes: list[Accepted | Exception] = [
        Accepted(live.id, Version(5), duplicate=False),
        RefusedError(NotYourTurnError(ANN), live),
        StoreBusyError(),
        UnreadableGameError(),
    ]
    for command, outcome in zip(peer.submitted, outcomes, strict=False):
        peer.session.command_finished(command, outcome)
    answers = peer.write_all()
    assert [(a["type"], a.get("code")) for a in answers] == [
        ("accepted", None),
        ("rejected", "not_your_turn"),
        ("rejected", "too_many_requests"),
        ("rejected", "unavailable"),
    ]
    assert [UUID(a["id"]) for a in answers] == [command.id for command in peer.submitted[:4]]
    assert versions([answers[1]]) == [3, 4], "a refusal carries what its player had not seen"


def test_an_unknown_outcome_is_not_told_as_a_refusal() -> None:
    """The peer comes back and asks again under the same id."""
    peer = Driver()
    peer.write_all()
    peer.receive(make_move("g"))
    peer.session.command_finished(peer.submitted[0], StoreUnavailableError())
    assert peer.session.close_code == TRY_LATER
    assert peer.write_all() == []


def test_a_guest_that_commands_learns_why_not() -> None:
    peer = Driver(None)
    peer.write_all()
    peer.receive(make_move("g"))
    assert peer.submitted == []
    peer.finish_read(game("g", 3))
    (answer,) = peer.write_all()
    assert (answer["code"], answer["version"]) == ("not_authenticated", 3)


@pytest.mark.parametrize(
    ("error", "code", "closes_with"),
    [
        (UnreadableGameError(), "unavailable", None),
        (StoreBusyError(), "too_many_requests", None),
        (StoreUnavailableError(), None, TRY_LATER),
        (ZeroDivisionError(), None, TRY_LATER),
    ],
)
def test_a_read_that_fails_concerns_one_message(
    error: Exception, code: str | None, closes_with: int | None
) -> None:
    peer = Driver()
    peer.write_all()
    peer.receive(watch("g"), watch("h"))
    peer.finish_read(error)
    assert [m.get("code") for m in peer.write_all()] == ([code] if code else [])
    assert peer.session.close_code == closes_with
    assert len(peer.reads) == (0 if closes_with else 1), "the next message is not held up by this one"


def test_frames_behind_a_read_are_deferred_and_the_peer_is_not_read_meanwhile() -> None:
    peer = Driver()
    peer.receive(watch("g"), make_move("g"), watch("h"))
    assert (len(peer.reads), peer.submitted, peer.session.wants_frames) == (1, [], False)
    peer.finish_read(game("g", 2))
    assert (len(peer.reads), len(peer.submitted)) == (1, 1)
    peer.finish_read(game("h", 2))
    assert peer.session.wants_frames


def test_commands_in_flight_are_bounded() -> None:
    peer = Driver()
    peer.receive(*(make_move("g", number) for number in range(MAX_IN_FLIGHT + 5)))
    assert (len(peer.submitted), peer.session.wants_frames) == (MAX_IN_FLIGHT, False)
    for command in peer.submitted[:5]:
        peer.session.command_finished(command, StoreBusyError())
    peer.work()
    assert (len(peer.submitted), peer.session.wants_frames) == (MAX_IN_FLIGHT + 5, False)


def test_a_peer_that_reads_no_replies_is_not_read_until_it_does() -> None:
    peer = Driver()
    peer.receive(*(watch("g") for _ in range(int(FRAMES_BURST) // 2)))
    rounds = 0
    while peer.reads:
        peer.finish_read(LiveGame(GameId("g")))
        rounds += 1
    assert rounds <= MAX_PENDING_REPLIES + 1
    assert not peer.session.wants_frames
    peer.write()
    assert peer.reads, "room for replies is capacity for frames"


def test_watched_games_are_bounded() -> None:
    peer = Driver()
    for number in range(MAX_WATCHED + 1):
        peer.now += 1
        peer.receive(watch(f"g{number}"))
        if peer.reads:
            peer.finish_read(game(f"g{number}", 1))
        answer = peer.write_all()[-1]
    assert answer["code"] == "too_many_requests"
    peer.receive(unwatch("g0"), watch("g0"))
    assert peer.reads, "there is room again"


def test_a_game_that_is_watched_can_be_watched_again_at_the_limit() -> None:
    peer = Driver()
    for number in range(MAX_WATCHED):
        peer.now += 1
        peer.receive(watch(f"g{number}"))
        peer.finish_read(game(f"g{number}", 1))
        peer.write_all()
    peer.now += 1
    peer.receive(watch("g0"))
    assert peer.reads


@pytest.mark.parametrize("message", [watch("g"), unwatch("g"), make_move("g")])
def test_every_kind_of_message_has_the_same_rate(message: dict[str, object]) -> None:
    """`unwatch` too: what costs nothing alone costs something ten thousand times a second."""
    peer = Driver()
    peer.write_all()
    peer.receive(*(unwatch("g") for _ in range(int(FRAMES_BURST))))
    assert peer.write_all() == []
    peer.receive(message)
    assert [answer["code"] for answer in peer.write_all()] == ["too_many_requests"]
    peer.now += 1
    peer.receive(unwatch("g"))
    assert peer.write_all() == []


def test_a_flood_beyond_the_rate_ends_the_session() -> None:
    peer = Driver()
    codes = []
    for _ in range(int(FRAMES_BURST) + MAX_EXCESS_FRAMES):
        codes.append(peer.session.close_code)
        peer.receive(unwatch("g"))
        peer.write_all()
    assert set(codes) == {None}
    assert peer.session.close_code == POLICY


def test_a_few_bad_frames_are_answered_and_too_many_end_the_session() -> None:
    peer = Driver()
    peer.receive(*(["nonsense"] * (MAX_BAD_FRAMES - 1)))
    before = peer.session.close_code
    peer.receive(b"binary", "never handled")
    assert (before, peer.session.close_code) == (None, POLICY)
    assert [m["type"] for m in peer.write_all()] == ["welcome", *(["error"] * MAX_BAD_FRAMES)]


def test_a_frame_that_is_too_large_ends_the_session_after_what_was_said_before() -> None:
    peer = Driver()
    peer.receive("nonsense", "x" * 5000)
    assert peer.session.close_code == TOO_LARGE
    assert [m.get("code") for m in peer.write_all()] == [None, "bad_message", "too_large"]


def test_closing_with_deferred_frames_asks_for_no_more_work() -> None:
    """A session that went on with what it had deferred, while its peer could not be written to, used to spin."""
    peer = Driver()
    peer.receive(watch("g"), *(watch("g") for _ in range(20)), "x" * 5000)
    peer.session.close(POLICY)
    assert peer.session.next_work() is None
    assert not peer.session.wants_frames
    peer.session.game_read(peer.reads[0], LiveGame(GameId("g")))
    assert peer.session.next_work() is None
    assert [m["type"] for m in peer.write_all()] == ["welcome"]


def test_the_first_close_code_stands() -> None:
    peer = Driver()
    peer.session.close(TRY_LATER)
    peer.session.close(POLICY)
    assert peer.session.close_code == TRY_LATER


def test_the_end_returns_every_game_and_what_comes_later_goes_nowhere() -> None:
    peer = Driver()
    for name in ("g", "h"):
        peer.receive(watch(name))
        peer.finish_read(game(name, 2))
    peer.receive(make_move("g"))
    assert {live.id for live in peer.session.end()} == {"g", "h"}
    peer.session.command_finished(peer.submitted[0], Accepted(GameId("g"), Version(3), duplicate=False))
    peer.session.game_changed(GameId("g"))
    assert peer.session.next_work() is None
