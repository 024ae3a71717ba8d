"""The checker notices each kind of defect: a checker that can't fail would prove nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec
import pytest

from tests.checking.checker import LogFollower, check_game
from tests.checking.journal import Command, Event, GameJournal, LoggedEvent, Outcome, Stream
from tests.model import Model

ANN, BOB = "ann", "bob"
OBSERVERS = 3


@dataclass
class Played:
    """A game of seven moves that Ann won, what everybody wrote down about it, and its log."""

    journal: GameJournal
    log: list[LoggedEvent]

    @property
    def violated(self) -> set[str]:
        return {violation.promise for violation in check_game(self.journal, self.log)}

    def command(self, index: int) -> Command:
        return list(self.journal.commands.values())[index]

    def change(self, index: int, **fields: object) -> None:
        """Change an event of the log, and what was seen of it, as if it had always been so."""
        self.log[index] = msgspec.structs.replace(self.log[index], **fields)
        for stream in self.journal.streams:
            stream.events[index] = seen(self.log[index])


def seen(logged: LoggedEvent) -> Event:
    return Event(logged.version, logged.type, logged.data, "2026-11-23T08:30:00.123Z")


@pytest.fixture
def played() -> Played:
    journal = GameJournal("g", ANN, BOB)
    model = Model(ANN, BOB)
    log = [
        LoggedEvent(1, "g", 1, "GameOpened", {"opener": ANN}, uuid4()),
        LoggedEvent(2, "g", 2, "GameStarted", {"player_one": ANN, "player_two": BOB}, uuid4()),
    ]
    for version, column in enumerate("ABABABA", start=2):
        mover = (ANN, BOB)[version % 2]
        model.move(mover, column)
        command = Command(uuid4(), "g", mover, version, column, Outcome.OK, version + 1)
        journal.commands[command.id] = command
        data = {"player": mover, "column": column}
        log.append(LoggedEvent(version + 1, "g", version + 1, "MoveMade", data, command.id))
    end = {"result": "PLAYER_ONE_WON", "reason": "FOUR_IN_A_ROW"}
    log.append(LoggedEvent(10, "g", 10, "GameFinished", end, command.id))
    command.version = 10
    journal.streams = [Stream(f"observer {n}", 0, [seen(event) for event in log]) for n in range(OBSERVERS)]
    journal.served = {"id": "g", **model.state(10)}
    return Played(journal, log)


def test_a_game_without_defects_passes(played: Played) -> None:
    assert played.violated == set()


def lose_an_acknowledged_move(played: Played) -> None:
    del played.log[4]


def carry_a_command_out_twice(played: Played) -> None:
    again = msgspec.structs.replace(played.log[2], position=11, version=11)
    played.log.append(again)


def acknowledge_what_is_not_there(played: Played) -> None:
    command = Command(uuid4(), "g", ANN, 9, "C", Outcome.OK, 10)
    played.journal.commands[command.id] = command


def refuse_what_is_there(played: Played) -> None:
    played.command(3).outcome = Outcome.REFUSED


def tell_a_wrong_version(played: Played) -> None:
    played.command(3).version = 7


def let_an_unknown_command_happen_twice(played: Played) -> None:
    played.command(0).outcome = Outcome.UNKNOWN
    carry_a_command_out_twice(played)


def give_a_version_to_two(played: Played) -> None:
    rival = msgspec.structs.replace(played.log[4], position=11, command_id=uuid4())
    played.log.append(rival)


def leave_a_version_out(played: Played) -> None:
    played.log[5:] = [msgspec.structs.replace(event, version=event.version + 1) for event in played.log[5:]]


def swap_two_events(played: Played) -> None:
    played.log[4], played.log[5] = played.log[5], played.log[4]


def forge_a_move(played: Played) -> None:
    played.change(4, command_id=uuid4())


def move_for_another(played: Played) -> None:
    played.change(4, data={"player": BOB, "column": "A"})


def move_elsewhere(played: Played) -> None:
    played.change(4, data={"player": ANN, "column": "C"})


def carry_out_at_another_version(played: Played) -> None:
    played.command(2).expected_version -= 1


def end_without_a_reason(played: Played) -> None:
    played.change(9, data={"result": "PLAYER_TWO_WON", "reason": "FOUR_IN_A_ROW"})


def forget_the_end(played: Played) -> None:
    del played.log[9]
    for stream in played.journal.streams:
        del stream.events[9]
    played.command(6).version = 9


def start_for_others(played: Played) -> None:
    played.change(1, data={"player_one": BOB, "player_two": ANN})


def serve_another_state(played: Played) -> None:
    assert played.journal.served is not None
    played.journal.served["next_player"] = ANN


def tell_an_observer_late(played: Played) -> None:
    del played.journal.streams[1].events[3]


def tell_an_observer_twice(played: Played) -> None:
    events = played.journal.streams[1].events
    events.insert(3, events[3])


def tell_an_observer_out_of_order(played: Played) -> None:
    events = played.journal.streams[1].events
    events[3], events[4] = events[4], events[3]


def tell_an_observer_too_much(played: Played) -> None:
    played.journal.streams[1].events.append(Event(11, "GameFinished", {}, ""))


def tell_an_observer_something_else(played: Played) -> None:
    events = played.journal.streams[2].events
    events[2] = msgspec.structs.replace(events[2], data={"player": ANN, "column": "G"})


def keep_the_last_event_from_an_observer(played: Played) -> None:
    del played.journal.streams[0].events[-1]


def answer_a_repeated_command_differently(played: Played) -> None:
    played.journal.complaints.append("refused at first, accepted later")


PLANTED: dict[Callable[[Played], None], str] = {
    lose_an_acknowledged_move: "an acknowledged command is in the log once",
    carry_a_command_out_twice: "an acknowledged command is in the log once",
    acknowledge_what_is_not_there: "an acknowledged command is in the log once",
    refuse_what_is_there: "a refused command is absent",
    tell_a_wrong_version: "a command is told where it led",
    let_an_unknown_command_happen_twice: "a command is carried out at most once",
    give_a_version_to_two: "versions 1 to n, one winner each",
    leave_a_version_out: "versions 1 to n, one winner each",
    swap_two_events: "versions 1 to n, one winner each",
    forge_a_move: "nothing happens that nobody asked for",
    move_for_another: "what happens is what was asked for",
    move_elsewhere: "what happens is what was asked for",
    carry_out_at_another_version: "what happens is what was asked for",
    end_without_a_reason: "the log is a legal game",
    forget_the_end: "the log is a legal game",
    start_for_others: "the log is a legal game",
    serve_another_state: "the served state is the replayed log",
    tell_an_observer_late: "an observer sees a prefix of the log",
    tell_an_observer_twice: "an observer sees a prefix of the log",
    tell_an_observer_out_of_order: "an observer sees a prefix of the log",
    tell_an_observer_too_much: "an observer sees what is in the log",
    tell_an_observer_something_else: "an observer sees what is in the log",
    keep_the_last_event_from_an_observer: "all observers see the last event",
    answer_a_repeated_command_differently: "honest answers",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_defect_is_noticed(played: Played, plant: Callable[[Played], None]) -> None:
    plant(played)
    assert PLANTED[plant] in played.violated


def test_a_connection_that_was_lost_need_not_have_seen_the_last_event(played: Played) -> None:
    stream = played.journal.streams[0]
    stream.is_open = False
    del stream.events[-4:]
    assert played.violated == set()


def test_an_unknown_command_may_be_in_the_log_or_not(played: Played) -> None:
    played.command(3).outcome = Outcome.UNKNOWN
    lost = Command(UUID(int=1), "g", BOB, 9, "D")
    played.journal.commands[lost.id] = lost
    assert played.violated == set()


@pytest.mark.parametrize(
    "log",
    [
        [(1, "g", 1, "GameOpened"), (3, "g", 2, "GameStarted")],
        [(2, "g", 1, "GameOpened")],
        [(1, "g", 1, "GameOpened"), (1, "h", 1, "GameOpened")],
        [(1, "g", 1, "GameOpened"), (2, "g", 3, "MoveMade")],
        [(1, "g", 1, "GameOpened"), (2, "h", 1, "GameOpened"), (3, "g", 1, "GameStarted")],
        [(1, "g", 1, "GameOpened"), (2, "g", 2, "GameFinished"), (3, "g", 3, "MoveMade")],
    ],
)
def test_a_log_with_holes_or_repeats_is_noticed(log: list[tuple[int, str, int, str]]) -> None:
    follower = LogFollower()
    follower.follow(log)
    assert follower.violations


def test_a_log_without_holes_passes() -> None:
    follower = LogFollower()
    follower.follow([(1, "g", 1, "GameOpened"), (2, "h", 1, "GameOpened")])
    follower.follow([(3, "g", 2, "GameStarted"), (4, "h", 2, "GameFinished")])
    assert not follower.violations
    assert follower.unfinished == 1
