"""The server's messages as a client sees them, and those of a client."""

from typing import Any, Final
from uuid import UUID

import msgspec

from tests.checking.journal import Command, Event


class Welcome(msgspec.Struct, tag="welcome"):
    protocol: int
    player: dict[str, str] | None


class Events(msgspec.Struct, tag="events", gc=False):
    game: str
    events: list[Event]


class Accepted(msgspec.Struct, tag="accepted", gc=False):
    id: UUID
    game: str
    version: int
    duplicate: bool


class Rejected(msgspec.Struct, tag="rejected"):
    game: str
    code: str
    message: str
    version: int
    events: list[Event]
    id: UUID | None = None


class Error(msgspec.Struct, tag="error"):
    code: str
    message: str


Message = Welcome | Events | Accepted | Rejected | Error

decode: Final = msgspec.json.Decoder(Message).decode


def watch(game: str, after: int) -> bytes:
    return msgspec.json.encode({"type": "watch", "game": game, "after": after})


def unwatch(game: str) -> bytes:
    return msgspec.json.encode({"type": "unwatch", "game": game})


def frame_of(command: Command) -> bytes:
    message: dict[str, Any] = {
        "type": "make_move" if command.column else "resign",
        "id": command.id,
        "game": command.game,
        "expected_version": command.expected_version,
    }
    return msgspec.json.encode(message | ({"column": command.column} if command.column else {}))
