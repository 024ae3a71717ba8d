"""A command id belongs to the player and the content that it was first used with, in every process."""

import asyncio
from uuid import uuid4

import pytest

from server.application.outcomes import Accepted, RefusedError
from server.domain.commands import MakeMove, PlayerCommand, Resign
from server.domain.vocabulary import Column, Version
from tests.application.conftest import ANN, BOB, EVE, Process, code_of

ANN_MOVES, BOB_MOVES = MakeMove(ANN, Column.A), MakeMove(BOB, Column.A)

# What was carried out under the id, then what arrives under it.
OTHERS: list[tuple[PlayerCommand, PlayerCommand]] = [
    (ANN_MOVES, MakeMove(ANN, Column.B)),
    (ANN_MOVES, BOB_MOVES),
    (ANN_MOVES, MakeMove(EVE, Column.A)),
    (ANN_MOVES, Resign(ANN)),
    (ANN_MOVES, Resign(BOB)),
    (Resign(ANN), Resign(BOB)),
    (Resign(BOB), Resign(ANN)),
    (Resign(ANN), Resign(EVE)),
    (Resign(ANN), ANN_MOVES),
    (Resign(BOB), ANN_MOVES),
]


@pytest.mark.parametrize(("first", "second"), OTHERS, ids=str)
async def test_an_id_is_taken_by_the_command_that_used_it(
    process: Process, deaf_process: Process, first: PlayerCommand, second: PlayerCommand
) -> None:
    """To be told "accepted" for a command that nobody carried out would be a lie, whichever process says it."""
    game = await process.started_game()
    await deaf_process.games.get(game)
    command_id = uuid4()
    await process.commands.act(first, game, Version(2), command_id)
    for asked in (process, deaf_process):
        for expected in (2, 3):
            with pytest.raises(RefusedError) as refusal:
                await asked.commands.act(second, game, Version(expected), command_id)
            assert code_of(refusal) == "command_id_taken"
    assert len(await process.store.read_stream(game)) == 3


@pytest.mark.parametrize("command", [ANN_MOVES, Resign(ANN), Resign(BOB)], ids=str)
async def test_the_same_command_under_its_id_is_the_same_again(
    process: Process, deaf_process: Process, command: PlayerCommand
) -> None:
    game = await process.started_game()
    await deaf_process.games.get(game)
    command_id = uuid4()
    await process.commands.act(command, game, Version(2), command_id)
    for asked in (process, deaf_process):
        assert await asked.commands.act(command, game, Version(2), command_id) == Accepted(game, Version(3), True)


async def test_the_move_that_ended_a_game_keeps_its_id_from_a_resignation(process: Process) -> None:
    """It led to two events under one id; that the second one ends the game makes it no resignation."""
    game = await process.started_game()
    for version, column in enumerate("ABABAB", start=2):
        await process.move(game, ANN if version % 2 == 0 else BOB, column, version)
    command_id = uuid4()
    won = await process.move(game, ANN, "A", 8, command_id)
    assert await process.move(game, ANN, "A", 8, command_id) == Accepted(game, won.version, True)
    for player in (ANN, BOB):
        with pytest.raises(RefusedError) as refusal:
            await process.resign(game, player, 8, command_id)
        assert code_of(refusal) == "command_id_taken"


async def test_an_id_of_the_servers_own_commands_is_taken_too(process: Process) -> None:
    """The ids in the log can be read by everybody: nobody may have a seat taken pass for a move of theirs."""
    game = await process.started_game()
    for recorded in (await process.games.newest(game)).history:
        for command in (ANN_MOVES, BOB_MOVES, Resign(ANN), Resign(BOB)):
            with pytest.raises(RefusedError) as refusal:
                await process.commands.act(command, game, Version(2), recorded.command_id)
            assert code_of(refusal) == "command_id_taken"


async def test_one_id_in_two_games_is_two_commands(process: Process) -> None:
    """Ids are unique within a game, so what another game did under an id is no answer here."""
    first, second = await process.started_game(), await process.started_game()
    command_id = uuid4()
    for game in (first, second):
        assert await process.move(game, ANN, "A", 2, command_id) == Accepted(game, Version(3), False)


@pytest.mark.parametrize(
    ("first", "second"),
    [(ANN_MOVES, MakeMove(ANN, Column.B)), (ANN_MOVES, Resign(BOB)), (Resign(ANN), Resign(BOB))],
)
async def test_of_two_commands_with_one_id_at_one_moment_one_is_carried_out(
    process: Process, other_process: Process, first: PlayerCommand, second: PlayerCommand
) -> None:
    """Both are decided before either is in the log; the loser finds its id there and must look whose it is."""
    for _ in range(10):
        game = await process.started_game()
        await other_process.games.get(game)
        command_id = uuid4()
        outcomes = await asyncio.gather(
            process.commands.act(first, game, Version(2), command_id),
            other_process.commands.act(second, game, Version(2), command_id),
            return_exceptions=True,
        )
        accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, RefusedError)]
        assert [code_of(refusal) for refusal in refused] == ["command_id_taken"], outcomes
        assert accepted == [Accepted(game, Version(3), False)], outcomes
        assert len(await process.store.read_stream(game)) == 3
