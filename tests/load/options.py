"""What a run is asked to do."""

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario with its sizes. Times in seconds, rates per second."""

    scenario: str
    games: int
    watchers: int
    """Watching guests of each game."""
    seconds: float
    warm_up_s: float
    rate: float | None
    """Moves that are due in a second, over all games; None: each player moves as soon as it is their turn."""
    arrivals: str
    """`poisson` or `constant`: how moves that are due are spread over time."""
    mischief: float
    """The share of moves with something beside them that must be refused, or was carried out before."""
    mute: int
    """Guests who watch every game and never read."""
    sockets: int
    """For `race`: how many sockets of each kind fire at once."""
    seed: int
    states: int
    """How many games at most are compared with what the server tells as their state."""
    has_rules: bool = True
    """Whether the server knows the rules: the ceiling does not, so games end with their last move, unchecked."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What one generator process does of it."""

    options: Options
    number: int
    urls: list[str]
    database_url: str | None
    """Where to read the log, to check against; None: the log as the server tells it over HTTP."""
