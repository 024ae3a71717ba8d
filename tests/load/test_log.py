"""The log to check against: from the database, and from a server that tells no command ids."""

from uuid import uuid4

from tests.checking.journal import Command, Event, GameJournal, LoggedEvent, Outcome
from tests.load.host import Host
from tests.load.log import DatabaseLog, ServedLog, attributed
from tests.process.play import play
from tests.processes import ServerProcess

ANN, BOB = "ann", "bob"
OPENING = [Event(1, "GameOpened", {"opener": ANN}, ""), Event(2, "GameStarted", {}, "")]
WON = {"result": "PLAYER_ONE_WON", "reason": "FOUR_IN_A_ROW"}
RESIGNED = {"result": "PLAYER_ONE_WON", "reason": "RESIGNATION"}


def test_each_event_is_given_to_the_command_that_asked_for_just_it() -> None:
    first, second = command(ANN, 2, "A"), command(BOB, 3, "B")
    logged = logs([first, second], [move(3, ANN, "A"), move(4, BOB, "B")])
    assert [event.command_id for event in logged[2:]] == [first.id, second.id]
    assert [event.version for event in logged] == [event.position for event in logged] == [1, 2, 3, 4]


def test_the_end_belongs_to_the_move_before_it() -> None:
    """They are one append: an end of its own would look like a command of nobody's."""
    winning = command(ANN, 2, "A")
    logged = logs([winning], [move(3, ANN, "A"), Event(4, "GameFinished", WON, "")])
    assert [event.command_id for event in logged[2:]] == [winning.id, winning.id]


def test_a_resignation_is_a_command_of_its_own() -> None:
    last, resignation = command(ANN, 2, "A"), command(BOB, 3, None)
    logged = logs([last, resignation], [move(3, ANN, "A"), Event(4, "GameFinished", RESIGNED, "")])
    assert [event.command_id for event in logged[2:]] == [last.id, resignation.id]


def test_a_refused_command_gets_no_event_although_it_asked_for_just_it() -> None:
    """In a race all ask for the same; only one of them was told that it is theirs."""
    losers = [command(ANN, 2, "A", Outcome.REFUSED) for _ in range(3)]
    winner = command(ANN, 2, "A")
    for commands in ([winner, *losers], [*losers, winner]):
        assert logs(commands, [move(3, ANN, "A")])[2].command_id == winner.id
    assert logs(losers, [move(3, ANN, "A")])[2].command_id not in {loser.id for loser in losers}


def test_a_command_that_was_never_answered_may_be_the_one() -> None:
    unknown = command(ANN, 2, "A", Outcome.UNKNOWN)
    assert logs([unknown], [move(3, ANN, "A")])[2].command_id == unknown.id


def test_what_nobody_asked_for_gets_an_id_that_nobody_has() -> None:
    """So that the checker finds that it was not asked for: another's column, another's move, another place."""
    asked = command(ANN, 2, "A")
    for event in (move(3, ANN, "B"), move(3, BOB, "A"), move(4, ANN, "A")):
        assert logs([asked], [event])[2].command_id != asked.id
    assert len({event.command_id for event in logs([], [move(3, ANN, "A"), move(4, BOB, "A")])}) == 4


async def test_the_server_tells_of_a_game_what_lies_in_the_database(
    server: ServerProcess, shared_database_url: str, host: Host
) -> None:
    """All but the command ids, and the positions, which are counted by the game where they are not told."""
    journals = [GameJournal(play(server.url, columns), ANN, BOB) for columns in ("ABABABA", "CDE")]
    kept = await DatabaseLog(shared_database_url).of(journals)
    told = await ServedLog(host).of(journals)
    assert kept.keys() == told.keys() == {journal.game for journal in journals}
    for game, length in zip(kept, (10, 5), strict=True):
        assert len(kept[game]) == length
        assert [content(event) for event in kept[game]] == [content(event) for event in told[game]]
        assert [event.position for event in kept[game]] == sorted(event.position for event in kept[game])


async def test_a_game_that_is_not_in_the_database_has_no_events(shared_database_url: str) -> None:
    """A server that acknowledged moves and kept nothing must be found out, not crash the check."""
    assert await DatabaseLog(shared_database_url).of([GameJournal("nosuchgame22", ANN, BOB)]) == {
        "nosuchgame22": []
    }


def command(player: str, version: int, column: str | None, outcome: Outcome = Outcome.OK) -> Command:
    return Command(uuid4(), "g", player, version, column, outcome)


def move(version: int, player: str, column: str) -> Event:
    return Event(version, "MoveMade", {"player": player, "column": column}, "")


def logs(commands: list[Command], events: list[Event]) -> list[LoggedEvent]:
    journal = GameJournal("g", ANN, BOB, {command.id: command for command in commands})
    return list(attributed(journal, [*OPENING, *events]))


def content(event: LoggedEvent) -> tuple[str, int, str, object]:
    return event.game, event.version, event.type, event.data
