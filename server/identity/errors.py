"""Why the players can't be asked."""


class PlayersUnavailableError(Exception):
    """Postgres did not answer in time."""
