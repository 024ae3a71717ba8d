"""The wire protocol, version 1: every message once, as a type that decodes, validates and documents itself.

No I/O here: text comes in, a message comes out, and the other way round. Unknown types and fields are refused, so
that a misspelt field is an error and not a surprise.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.eventstore.codec import RecordedEvent, data_of, name_of
from server.transport.strict_json import decode_strictly

PROTOCOL: Final = 1

MAX_FRAME_BYTES: Final = 4096

GAME_ID_PATTERN: Final = "^[A-Za-z0-9_-]{1,64}$"

REJECTION_CODES: Final = (
    "wrong_expected_version",
    "not_your_turn",
    "column_full",
    "game_not_started",
    "game_finished",
    "not_a_player",
    "unknown_game",
    "not_authenticated",
    "too_many_requests",
    "command_id_taken",
    "unavailable",
)

GameIdField = Annotated[
    str, Meta(pattern=GAME_ID_PATTERN, description="The id of a game.", examples=["k3yp9xqa2mbd"])
]
VersionField = Annotated[
    int, Meta(ge=0, le=2**31 - 1, description="A place in the game's stream; 0 is before its first event.")
]
CommandIdField = Annotated[
    UUID,
    Meta(
        description="Chosen by the client, one for each command. Sending a command again under the same id "
        "carries it out at most once."
    ),
]


class Watch(msgspec.Struct, tag="watch", forbid_unknown_fields=True, frozen=True):
    """Send me every event of a game after a version, and then each new one. Asking again starts anew."""

    game: GameIdField
    after: VersionField = 0


class Unwatch(msgspec.Struct, tag="unwatch", forbid_unknown_fields=True, frozen=True):
    """Send me no more events of a game."""

    game: GameIdField


class MakeMove(msgspec.Struct, tag="make_move", forbid_unknown_fields=True, frozen=True):
    """Drop my token into a column of a game that I have seen up to `expected_version`."""

    id: CommandIdField
    game: GameIdField
    expected_version: VersionField
    column: Column


class Resign(msgspec.Struct, tag="resign", forbid_unknown_fields=True, frozen=True):
    """Give the game to my opponent."""

    id: CommandIdField
    game: GameIdField
    expected_version: VersionField


ClientCommand = MakeMove | Resign
ClientMessage = Watch | Unwatch | MakeMove | Resign


class PlayerMessage(msgspec.Struct, frozen=True):
    """A player as others see them."""

    id: PlayerId
    name: str


class Welcome(msgspec.Struct, tag="welcome", frozen=True):
    """The first message on a socket: who you are here. `player` is null for a guest, who may only watch."""

    protocol: Literal[1]
    player: PlayerMessage | None


class Events(msgspec.Struct, tag="events", frozen=True):
    """Events of a game you watch: in order, no hole, no repeat; empty when there is nothing after `after`."""

    game: GameId
    events: list[Raw]
    players: dict[PlayerId, str]


class AcceptedMessage(msgspec.Struct, tag="accepted", frozen=True):
    """Your command is carried out, durably. `duplicate` when it was so before."""

    id: UUID
    game: GameId
    version: Version
    duplicate: bool


class Rejected(msgspec.Struct, tag="rejected", frozen=True):
    """Your command was refused and nothing happened; `events` are those you had not seen.

    `id` is absent when what was refused was a `watch`.
    """

    game: str
    code: Annotated[str, Meta(extra_json_schema={"enum": list(REJECTION_CODES)})]
    message: str
    version: Version
    events: list[Raw]
    id: UUID | UnsetType = UNSET


class ErrorMessage(msgspec.Struct, tag="error", frozen=True):
    """A frame could not be understood. After a few of these the socket is closed with 1008."""

    code: Literal["bad_message", "too_large"]
    message: str


ServerMessage = Welcome | Events | AcceptedMessage | Rejected | ErrorMessage


NOBODY: Final[Mapping[PlayerId, str]] = {}

_decode: Final = msgspec.json.Decoder(ClientMessage).decode
_encode: Final = msgspec.json.Encoder().encode


def decode_frame(text: str) -> ClientMessage:
    """Return the message in a frame.

    Raises:
        BadMessageError: it is not a message of this protocol; the text says why.
    """
    try:
        message: ClientMessage = _decode(text)
        if _encode(message) == text.encode():
            return message  # it reads back as itself, so it holds nothing ambiguous: a fifth of the time
    except (msgspec.DecodeError, RecursionError):
        pass  # the strict reading tells what is wrong
    return decode_strictly(text, ClientMessage)  # type: ignore[arg-type]  # a union is a type to msgspec


def encode_message(message: ServerMessage) -> bytes:
    """Return a message as it is sent."""
    return _encode(message)


def encode_events(game: GameId, encoded: list[str], players: Mapping[PlayerId, str] = NOBODY) -> bytes:
    """Return an `Events` message whose events are encoded already."""
    names = msgspec.json.encode(players).decode() if players else "{}"
    return f'{{"type":"events","game":"{game}","events":[{",".join(encoded)}],"players":{names}}}'.encode()


def encode_event(recorded: RecordedEvent) -> str:
    """Return an event as it stands in frames and responses."""
    seconds, microseconds = divmod(recorded.recorded_at_us, 1_000_000)
    at = f"{_second(seconds)}.{microseconds // 1000:03}Z"
    data = data_of(recorded.event).decode()
    return f'{{"version":{recorded.version},"type":"{name_of(recorded.event)}","data":{data},"at":"{at}"}}'


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """Return the date and time of a second, UTC. Most of what is encoded happened in the same one."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")


def as_raw(encoded: list[str]) -> list[Raw]:
    """Return encoded events in the form that messages hold."""
    return [Raw(event.encode()) for event in encoded]
