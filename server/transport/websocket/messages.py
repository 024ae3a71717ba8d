"""The wire protocol, version 1: every message once, as a type that decodes, validates and documents itself.

No I/O here: text comes in, a message comes out, and the other way round. Unknown types and fields are refused, so
that a misspelt field is an error and not a surprise.
"""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.domain.vocabulary import Column, GameId, PlayerId, Version
from server.transport.strict_json import BadMessageError, decode_strictly

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


_encode: Final = msgspec.json.Encoder().encode


class FrameTooLargeError(Exception):
    """A frame has more than `MAX_FRAME_BYTES` bytes."""

    def __init__(self) -> None:
        super().__init__(f"A frame has at most {MAX_FRAME_BYTES} bytes.")


def decode_frame(frame: str | bytes) -> ClientMessage:
    """Return the message in a frame.

    Raises:
        BadMessageError: it is not a message of this protocol; the text says why.
        FrameTooLargeError: it is too long to be read.
    """
    if isinstance(frame, bytes):
        raise BadMessageError("Binary frames are not part of this protocol: send JSON as text.")
    if len(frame) > MAX_FRAME_BYTES or len(frame.encode()) > MAX_FRAME_BYTES:
        raise FrameTooLargeError
    return decode_strictly(frame, ClientMessage)  # type: ignore[arg-type]  # a union is a type to msgspec


def encode_message(message: ServerMessage) -> bytes:
    """Return a message as it is sent."""
    return _encode(message)


def as_raw(encoded: list[str]) -> list[Raw]:
    """Return encoded events in the form that messages hold."""
    return [Raw(event.encode()) for event in encoded]
