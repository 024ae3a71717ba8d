"""What a request says, checked: its body, its headers, its parameters."""

import re
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta
from starlette.requests import Request

from server.domain.vocabulary import Color, Column, PlayerId, Version
from server.transport.problems import ProblemError
from server.transport.strict_json import BadMessageError, decode_strictly

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


async def body(request: Request, type_: type[B]) -> B:
    """Return the JSON body of a request as a `type_`; an absent one counts as `{}`.

    Raises:
        ProblemError: it is too large, not JSON, or not of that shape.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            raise ProblemError("too_large", f"A body has at most {MAX_BODY_BYTES} bytes.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and media_type != "application/json":
        raise ProblemError("unsupported_media_type", "Send the body with Content-Type: application/json.")
    try:
        return decode_strictly(bytes(raw) or b"{}", type_)
    except BadMessageError as error:
        raise ProblemError("bad_message", str(error)) from error


def integer(request: Request, name: str, default: int | None = None, *, maximum: int = _MAX_INTEGER) -> int | None:
    """Return a query parameter that is a whole number from 0, or `default` when it is absent.

    Raises:
        ProblemError: it is something else.
    """
    values = request.query_params.getlist(name)
    if not values:
        return default
    if len(values) > 1 or not re.fullmatch(r"[0-9]{1,19}", values[0], re.ASCII) or int(values[0]) > maximum:
        raise ProblemError("bad_message", f"The parameter {name} is one whole number from 0 to {maximum}.")
    return int(values[0])


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
    match = re.fullmatch(r'"([0-9]{1,10})"', header.strip(), re.ASCII)
    if match is None or int(match[1]) > _MAX_INTEGER:
        raise ProblemError("bad_message", 'If-Match names one version in quotes: If-Match: "12".')
    return Version(int(match[1]))


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


def event_format(request: Request) -> EventFormat:
    """Return the first format of the event list that `Accept` names; JSON when it names none of them."""
    for part in request.headers.get("accept", "").split(","):
        match part.partition(";")[0].strip().lower():
            case "text/event-stream":
                return "text/event-stream"
            case "application/x-ndjson" | "application/ndjson":
                return "application/x-ndjson"
            case "application/json":
                return "application/json"
    return "application/json"
