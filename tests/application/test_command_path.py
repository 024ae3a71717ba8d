"""Commands: decided on the live game, appended with its version, refused only after a look at the log."""

import asyncio
from uuid import uuid4

import pytest

from server.application.command_path import CommandPath
from server.application.outcomes import RefusedError
from server.database.pool import Pool
from server.domain.commands import MakeMove
from server.domain.errors import ConnectFourError
from server.domain.events import GameStarted
from server.domain.vocabulary import Color, Column, GameId, Version
from server.eventstore.errors import WrongExpectedVersionError
from tests.application.conftest import ANN, BOB, EVE, Process, code_of


async def test_a_whole_game_is_played(process: Process) -> None:
    game = await process.started_game()
    for version, column in enumerate("ABABABA", start=2):
        accepted = await process.move(game, ANN if version % 2 == 0 else BOB, column, version)
    assert accepted.version == 10, "the winning move and the end are one append"
    with pytest.raises(RefusedError) as refusal:
        await process.move(game, BOB, "B", 10)
    assert code_of(refusal) == "game_finished"


async def test_a_move_on_another_process_is_seen_before_anything_is_refused(
    process: Process, deaf_process: Process
) -> None:
    """The deaf process holds an old game; it must look at the log before it says no."""
    game = await process.started_game()
    await deaf_process.games.get(game)
    await process.move(game, ANN, "D", 2)
    assert (await deaf_process.move(game, BOB, "E", 3)).version == 4


async def test_a_stale_command_is_refused_with_what_was_missed(process: Process, deaf_process: Process) -> None:
    game = await process.started_game()
    await deaf_process.games.get(game)
    await process.move(game, ANN, "D", 2)
    with pytest.raises(RefusedError) as refusal:
        await deaf_process.move(game, ANN, "E", 2)
    assert isinstance(refusal.value.reason, WrongExpectedVersionError)
    assert refusal.value.live.version == 3


async def test_a_command_that_crossed_only_harmless_events_is_decided_again(
    process: Process, deaf_process: Process
) -> None:
    """Declared by the domain; here the start of a game stands for an event that leaves board and turn as seen."""
    opened = await process.commands.open_game(ANN, Color.RED, public=True)
    await process.commands.join_game(BOB, opened.game)
    lenient = CommandPath(
        deaf_process.store,
        deaf_process.games,
        process.feed.subscribed,
        may_cross=lambda _, event: isinstance(event, GameStarted),
    )
    command = MakeMove(ANN, Column.D)
    accepted = await lenient.act(command, opened.game, Version(1), uuid4())
    assert accepted.version == 3
    with pytest.raises(RefusedError) as refusal:
        await lenient.act(command, opened.game, Version(1), uuid4())
    assert code_of(refusal) == "wrong_expected_version"


async def test_a_version_from_the_future_is_refused(process: Process) -> None:
    game = await process.started_game()
    with pytest.raises(RefusedError) as refusal:
        await process.move(game, ANN, "D", 7)
    assert code_of(refusal) == "wrong_expected_version"


async def test_a_repeated_command_is_answered_as_before_by_any_process(
    process: Process, deaf_process: Process
) -> None:
    """Also when the game has moved on since, so that its version and its turn would refuse it."""
    game = await process.started_game()
    await deaf_process.games.get(game)
    command_id = uuid4()
    await process.move(game, ANN, "D", 2, command_id)
    await process.move(game, BOB, "D", 3)
    for asked in (process, deaf_process):
        again = await asked.move(game, ANN, "D", 2, command_id)
        assert (again.version, again.duplicate) == (3, True)


async def test_racing_for_one_version_has_one_winner(process: Process, other_process: Process, pool: Pool) -> None:
    game = await process.started_game()
    attempts = [(process, other_process)[number % 2].move(game, ANN, "D", 2) for number in range(40)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, RefusedError)]
    assert len(refused) == 39
    assert {refusal.live.version for refusal in refused} == {3}
    assert await pool.fetchval("SELECT count(*) FROM fourfold.events WHERE stream = $1", game) == 3


async def test_one_of_many_joins_wins(process: Process, other_process: Process) -> None:
    opened = await process.commands.open_game(ANN, Color.RANDOM, public=True)
    players = [f"player {number}" for number in range(20)]
    outcomes = await asyncio.gather(
        *(
            (process, other_process)[number % 2].commands.join_game(player, opened.game)  # type: ignore[arg-type]
            for number, player in enumerate(players)
        ),
        return_exceptions=True,
    )
    refused = [outcome.reason for outcome in outcomes if isinstance(outcome, RefusedError)]
    assert len(refused) == 19
    assert {reason.code for reason in refused if isinstance(reason, ConnectFourError)} == {"game_full"}


async def test_a_command_goes_on_when_its_caller_is_gone(process: Process) -> None:
    """A browser that disconnects in the middle of an append neither cancels nor loses it."""
    game = await process.started_game()
    asking = asyncio.create_task(process.move(game, ANN, "D", 2))
    await asyncio.sleep(0)
    asking.cancel()
    await process.commands.finish()
    assert len(await process.store.read_stream(game)) == 3


@pytest.mark.parametrize("player", [ANN, EVE])
async def test_an_unknown_game_is_refused_as_such(process: Process, player: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        await process.move(GameId("nothing"), player, "D", 1)  # type: ignore[arg-type]
    assert code_of(refusal) == "unknown_game"
    with pytest.raises(RefusedError) as refusal:
        await process.resign(GameId("nothing"), player, 0)  # type: ignore[arg-type]
    assert code_of(refusal) == "unknown_game"
