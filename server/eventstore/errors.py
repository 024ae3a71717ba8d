"""Why an append or a read was not answered as asked."""

from server.domain.vocabulary import GameId, Version


class WrongExpectedVersionError(Exception):
    """The stream is not at the version that the append builds on; nothing was appended."""

    def __init__(self, game: GameId, expected: Version, actual: Version) -> None:
        super().__init__(f"{game} is at version {actual}, not at {expected}")
        self.game = game
        self.expected = expected
        self.actual = actual


class ForkedHistoryError(WrongExpectedVersionError):
    """What the caller knows of the stream is not what the log holds; nothing was appended.

    The log was restored to an earlier moment, or failed over to a standby that lacked its end. All that the caller
    knows of this stream may be untrue: it must be read again from its first event.
    """


class StoreUnavailableError(Exception):
    """No answer from Postgres in time: whether an append happened is unknown. Ask again with the same id."""


class StoreBusyError(Exception):
    """Too many appends are queued already; nothing was appended. Ask again later."""


class AppendRefusedError(Exception):
    """The database does not take these events, now or ever; nothing was appended."""


class UnknownEventTypeError(Exception):
    """The log holds an event that this code does not know: it was written by a newer version of it."""

    def __init__(self, type_: str, schema_version: int) -> None:
        super().__init__(
            f"unknown event {type_} in schema version {schema_version}: run a newer version of Fourfold"
        )
        self.type = type_
        self.schema_version = schema_version
