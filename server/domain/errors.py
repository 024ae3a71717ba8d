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


class GameGoesOnError(ConnectFourError):
    """The game is being played, so it can't expire."""

    code = "game_goes_on"

    def __init__(self) -> None:
        super().__init__("The game is being played: it does not expire.")


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


class CommandIdTakenError(ConnectFourError):
    """Another player's command has this id."""

    code = "command_id_taken"

    def __init__(self) -> None:
        super().__init__("Another command has this id already: choose a new one.")


class BrokenLogError(Exception):
    """An event cannot follow the ones before it: the log is damaged, or other code wrote it."""
