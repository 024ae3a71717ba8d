"""Games that were played on held to where they came from: the moves that they replay are those of their origin."""

from collections.abc import Sequence

from server.cli.audit.appends import IllegalAppendError
from server.domain.events import GameEvent, GameOpened, GameStarted, MoveMade
from server.domain.game import Game, Open
from server.domain.play_on import columns_of
from server.domain.terms import Origin
from server.domain.vocabulary import GameId

_NO_MOVE = b"-"


class Origins:
    """The columns of every game that has passed by, one byte for each version.

    An origin that is not in this log, as after an import of a single game, can't be compared, and passes.
    """

    def __init__(self) -> None:
        self._columns: dict[GameId, bytes] = {}

    def note(self, game: GameId, events: Sequence[GameEvent]) -> None:
        """Remember what an append brought."""
        columns = b"".join(event.column.encode() if isinstance(event, MoveMade) else _NO_MOVE for event in events)
        self._columns[game] = self._columns.get(game, b"") + columns

    def forget(self, game: GameId) -> None:
        """Compare nothing with a game that is broken."""
        self._columns.pop(game, None)

    def check(self, game: Game, events: Sequence[GameEvent]) -> None:
        """Hold an append that opens or starts a game to its origin.

        Raises:
            IllegalAppendError: the origin was not that far yet, or other moves are replayed.
        """
        match events[0], game:
            case GameOpened(origin=Origin() as origin), _:
                self._moves_up_to(origin)
            case GameStarted(), Open(terms=terms) if terms.origin is not None:
                moves = self._moves_up_to(terms.origin)
                if moves is not None and moves != "".join(columns_of(events)):
                    raise IllegalAppendError(1, f"the moves of {terms.origin.game} were {moves or 'none'}")
            case _:
                pass

    def _moves_up_to(self, origin: Origin) -> str | None:
        columns = self._columns.get(origin.game)
        if columns is None:
            return None
        if not 1 <= origin.version <= len(columns):
            raise IllegalAppendError(1, f"game {origin.game} had no version {origin.version} yet")
        return columns[: origin.version].replace(_NO_MOVE, b"").decode()
