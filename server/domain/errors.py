"""Why the rules refuse a command. Each refusal has a stable code for the wire and a sentence for people."""

from typing import ClassVar

from server.domain.vocabulary import Column, PlayerId


class ConnectFourError(Exception):
    """The rules refuse a command, and nothing has happened."""

    code: ClassVar[str]


class UnknownGameError(ConnectFourError):
    """There is no such game."""

    code = "unknown_game"

    def __init__(self) -> None:
        super().__init__("There is no such game: check the link.")


class GameAlreadyOpenedError(ConnectFourError):
    """A game can be opened only once."""

    code = "game_already_opened"

    def __init__(self) -> None:
        super().__init__("This game is open already.")


class GameNotStartedError(ConnectFourError):
    """A seat is still free, so nobody can move or resign."""

    code = "game_not_started"

    def __init__(self) -> None:
        super().__init__("The game has not started: it waits for an opponent.")


class GameFinishedError(ConnectFourError):
    """The game is over."""

    code = "game_finished"

    def __init__(self) -> None:
        super().__init__("The game is over.")


class GameFullError(ConnectFourError):
    """Both seats belong to others."""

    code = "game_full"

    def __init__(self) -> None:
        super().__init__("Both seats are taken: you can watch, or open a game of your own.")


class OwnGameError(ConnectFourError):
    """The opener can't be the opponent too."""

    code = "own_game"

    def __init__(self) -> None:
        super().__init__("You opened this game: send its link to somebody else.")


class NotAPlayerError(ConnectFourError):
    """Only the two players act in a game."""

    code = "not_a_player"

    def __init__(self, player: PlayerId) -> None:
        super().__init__("Only the two players of this game can do that; you are watching.")
        self.player = player


class NotYourTurnError(ConnectFourError):
    """The players take turns."""

    code = "not_your_turn"

    def __init__(self, player: PlayerId) -> None:
        super().__init__("It is not your turn: wait for your opponent's move.")
        self.player = player


class ColumnFullError(ConnectFourError):
    """A column holds six tokens."""

    code = "column_full"

    def __init__(self, column: Column) -> None:
        super().__init__(f"Column {column} is full: choose another one.")
        self.column = column


class TooLateToAbortError(ConnectFourError):
    """Each side has moved, so the game counts."""

    code = "too_late_to_abort"

    def __init__(self) -> None:
        super().__init__("Each side has moved, so the game counts: resign, or offer a draw.")


class NoDrawOfferedError(ConnectFourError):
    """The opponent offers no draw: none was offered, or a move has declined it."""

    code = "no_draw_offered"

    def __init__(self) -> None:
        super().__init__("Your opponent offers no draw.")


class DrawDeclinedError(ConnectFourError):
    """An offer of a draw was declined, and nobody has moved since."""

    code = "draw_declined"

    def __init__(self) -> None:
        super().__init__("Your opponent declined a draw in this position: offer one after the next move.")


class NotGoneError(ConnectFourError):
    """The opponent is there, or has not been gone for long enough."""

    code = "not_gone"

    def __init__(self) -> None:
        super().__init__("Your opponent is there, or may still come back: there is nothing to claim.")


class TimeIsUpError(ConnectFourError):
    """The player's time had run out before the move came."""

    code = "time_is_up"

    def __init__(self) -> None:
        super().__init__("Your time is up.")


class TimeNotUpError(ConnectFourError):
    """No time has run out: there is some left, or no clock runs."""

    code = "time_not_up"

    def __init__(self) -> None:
        super().__init__("Nobody's time is up.")


class ClockRunsError(ConnectFourError):
    """A clock runs, so the game ends on time and does not expire."""

    code = "clock_runs"

    def __init__(self) -> None:
        super().__init__("A clock runs in this game: it ends on time, and does not expire.")


class GameNotFinishedError(ConnectFourError):
    """The game goes on."""

    code = "game_not_finished"

    def __init__(self) -> None:
        super().__init__("The game goes on: that is for when it is over.")


class NoRematchOfferedError(ConnectFourError):
    """The opponent offers no rematch."""

    code = "no_rematch_offered"

    def __init__(self) -> None:
        super().__init__("Your opponent offers no rematch.")


class RematchDeclinedError(ConnectFourError):
    """The opponent has said no to a rematch."""

    code = "rematch_declined"

    def __init__(self) -> None:
        super().__init__("Your opponent declined a rematch: open a new game.")


class NoOpponentError(ConnectFourError):
    """Nobody had joined the game when it ended, so there is nobody to play again."""

    code = "no_opponent"

    def __init__(self) -> None:
        super().__init__("Nobody had joined that game: open a new one.")


class PositionDecidedError(ConnectFourError):
    """There is nothing to play on for in a position in which the game is over."""

    code = "position_decided"

    def __init__(self) -> None:
        super().__init__("The game is decided in that position: play on from an earlier one.")


class CommandIdTakenError(ConnectFourError):
    """Another player's command has this id."""

    code = "command_id_taken"

    def __init__(self) -> None:
        super().__init__("Another command has this id already: choose a new one.")


class BrokenLogError(Exception):
    """An event cannot follow the ones before it: the log is damaged, or other code wrote it."""
