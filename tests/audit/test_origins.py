"""A game that was played on replays the moves of another: the verification compares the two."""

import pytest

from server.domain.commands import Command, JoinGame, MakeMove, OfferDraw, OpenGame, Resign
from server.domain.terms import Origin
from server.domain.vocabulary import Color, Column, GameId, PlayerId, Version
from tests.audit.checking import findings, played

ANN, BOB, EVE = PlayerId("ann"), PlayerId("bob"), PlayerId("eve")
OLD, NEW = GameId("old"), GameId("new")

BEFORE = played(
    OLD,
    OpenGame(ANN, Color.RED, public=True),
    JoinGame(BOB, coin=True),
    MakeMove(ANN, Column.A),
    OfferDraw(ANN),
    MakeMove(BOB, Column.B),
    Resign(ANN),
)


def played_on(letters: str, version: int, *more: Command) -> list[Command]:
    opening = tuple(Column(letter) for letter in letters)
    origin = Origin(OLD, Version(version))
    opened = OpenGame(BOB, Color.RED, public=False, origin=origin, opening=opening)
    return [opened, JoinGame(EVE, coin=True, opening=opening), *more]


@pytest.mark.parametrize(("letters", "version"), [("", 1), ("", 2), ("A", 3), ("A", 4), ("AB", 5), ("AB", 6)])
def test_a_game_that_replays_the_moves_of_its_origin_is_sound(letters: str, version: int) -> None:
    """Also when the origin has ended long since."""
    assert findings([*BEFORE, *played(NEW, *played_on(letters, version, Resign(EVE)))]) == []


@pytest.mark.parametrize(("letters", "version"), [("A", 2), ("B", 3), ("BA", 5), ("A", 5), ("ABC", 6)])
def test_a_game_that_replays_other_moves_is_found(letters: str, version: int) -> None:
    assert findings([*BEFORE, *played(NEW, *played_on(letters, version))]) == [(NEW, 2)]


@pytest.mark.parametrize("version", [0, 6, 99])
def test_an_origin_that_was_not_there_yet_is_found(version: int) -> None:
    assert findings([*BEFORE[:5], *played(NEW, *played_on("AB", version))]) == [(NEW, 1)]


def test_an_origin_that_is_elsewhere_is_sound() -> None:
    """As after the import of this game alone."""
    assert findings(played(NEW, *played_on("DDC", 5))) == []
