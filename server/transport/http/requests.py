"""What a request says, checked: its body, its headers, its parameters."""

import re
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta
from starlette.requests import Request

from server.domain.vocabulary import Color, Column, GameId, PlayerId, Version
from server.transport.problems import ProblemError
from server.transport.strict_json import decode_strictly
from server.transport.websocket.messages import GAME_ID_PATTERN

MAX_BODY_BYTES: Final = 4096

_MAX_INTEGER: Final = 2**31 - 1
_MAX_KEY_LENGTH: Final = 200
_KEY_NAMESPACE: Final = UUID("5d7c6a52-1f0e-4a3b-9c55-3c1f6f6c5a44")

B = TypeVar("B")


class NewPlayer(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who wants to play."""

    name: Annotated[str, Meta(max_length=480, description="Up to 40 characters that show as what they are.")] = (
        "Guest"
    )


class Clock(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A Fischer clock, in seconds."""

    initial_s: Annotated[int, Meta(ge=1, le=24 * 3600)]
    increment_s: Annotated[int, Meta(ge=0, le=3600)] = 0


class NewGame(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The game somebody wants to open. RED moves first."""

    clock: Clock | None = None
    color: Color = Color.RANDOM
    public: Annotated[bool, Meta(description="Whether the lobby lists it.")] = True


class NewMove(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A move."""

    column: Column


class Nothing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An empty object."""


async def body(request: Request, decoder: msgspec.json.Decoder[B]) -> B:
    """Return the JSON body of a request as the type of `decoder`; an absent one counts as `{}`.

    Raises:
        ProblemError: it is too large, or not JSON by its Content-Type.
        BadMessageError: it is not JSON, or not of that shape.
        ClientDisconnect: the client went away before all of it came.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            raise ProblemError("too_large", f"A body has at most {MAX_BODY_BYTES} bytes.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and media_type != "application/json":
        raise ProblemError("unsupported_media_type", "Send the body with Content-Type: application/json.")
    return decode_strictly(bytes(raw) or b"{}", decoder)


def integer(
    request: Request, name: str, default: int | None = None, *, minimum: int = 0, maximum: int = _MAX_INTEGER
) -> int | None:
    """Return a query parameter that is a whole number in a range, or `default` when it is absent.

    Raises:
        ProblemError: it is something else.
    """
    values = request.query_params.getlist(name)
    if not values:
        return default
    is_number = len(values) == 1 and re.fullmatch(r"[0-9]{1,19}", values[0])
    if not is_number or not minimum <= int(values[0]) <= maximum:
        raise ProblemError("bad_message", f"The parameter {name} is one whole number from {minimum} to {maximum}.")
    return int(values[0])


def game_id(request: Request) -> GameId:
    """Return the id of the game in the path.

    Raises:
        ProblemError: no game can have it.
    """
    given: str = request.path_params["id"]
    if not re.fullmatch(GAME_ID_PATTERN, given, re.ASCII):
        raise ProblemError("unknown_game", "There is no such game: check the link.")
    return GameId(given)


def only_parameters(request: Request, *names: str) -> None:
    """Check that the query has no other parameters than `names`.

    Raises:
        ProblemError: it has.
    """
    unknown = sorted(set(request.query_params) - set(names))
    if unknown:
        known = f"known here: {', '.join(names)}" if names else "there are none here"
        raise ProblemError("bad_message", f"Unknown query parameter {unknown[0]!r}; {known}.")


def expected_version(request: Request) -> Version:
    """Return the version that `If-Match` names (RFC 9110 §13.1.1): the one the client has seen.

    Raises:
        ProblemError: it is absent, or does not name one version.
    """
    header = request.headers.get("if-match")
    if header is None:
        raise ProblemError("version_required", 'Say which version you saw: If-Match: "12", as in the ETag.')
    match = re.fullmatch(r'"(0|[1-9][0-9]{0,9})"', header.strip())
    if match is None or int(match[1]) > _MAX_INTEGER:
        raise ProblemError("bad_message", 'If-Match names one version in quotes: If-Match: "12".')
    return Version(int(match[1]))


def has_version(request: Request, etag: str) -> bool:
    """Whether `If-None-Match` names what `etag` stands for (RFC 9110 §13.1.2, compared weakly)."""
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in tags or tags == ["*"]


def command_id(request: Request, player: PlayerId, fresh: UUID) -> UUID:
    """Return the command id that `Idempotency-Key` stands for, or `fresh` when there is none.

    A UUID stands for itself, so that a command can be asked for again over the websocket; any other key stands for
    a UUID made from it and the player.

    Raises:
        ProblemError: the key is empty, too long, or not printable ASCII.
    """
    header = request.headers.get("idempotency-key")
    if header is None:
        return fresh
    key = header.strip().strip('"')
    if not re.fullmatch(rf"[!-~ ]{{1,{_MAX_KEY_LENGTH}}}", key, re.ASCII):
        raise ProblemError(
            "bad_message", f"An Idempotency-Key has 1 to {_MAX_KEY_LENGTH} printable ASCII characters, best a UUID."
        )
    try:
        return UUID(key)
    except ValueError:
        return uuid5(_KEY_NAMESPACE, f"{player}\0{key}")


EventFormat = Literal["application/json", "application/x-ndjson", "text/event-stream"]

_EVENT_FORMATS: Final[dict[str, EventFormat]] = {
    "application/json": "application/json",
    "application/x-ndjson": "application/x-ndjson",
    "application/ndjson": "application/x-ndjson",
    "text/event-stream": "text/event-stream",
}


def event_format(request: Request) -> EventFormat:
    """Return the format of the event list that `Accept` weighs most, the first of equals; JSON if it names none."""
    best: EventFormat = "application/json"
    heaviest = 0.0
    for part in request.headers.get("accept", "").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = _weight(parameters)
        if name in _EVENT_FORMATS and weight > heaviest:
            best, heaviest = _EVENT_FORMATS[name], weight
    return best


def _weight(parameters: list[str]) -> float:
    """Return the q of a media range (RFC 9110 §12.4.2): 1 if it has none, 0 if it makes no sense."""
    for parameter in parameters:
        if parameter.startswith("q="):
            return float(parameter[2:]) if re.fullmatch(r"[01](\.[0-9]{0,3})?", parameter[2:]) else 0.0
    return 1.0
