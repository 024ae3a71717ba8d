"""JSON as others send it, read strictly: what is ambiguous is refused instead of guessed.

RFC 8259 leaves open what doubled keys, NaN or lone surrogates mean; readers that differ in this have been the way
into many a system. Here all of them are errors.
"""

import json
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")


class BadMessageError(ValueError):
    """What came is not a message of this protocol; the text says what is wrong with it."""


def decode_strictly(text: str | bytes, type_: type[T]) -> T:
    """Return what `text` says, as a `type_`.

    Raises:
        BadMessageError: it is not JSON, is ambiguous, nested too deeply, or has another shape.
    """
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        _ambiguities.decode(text)
        return msgspec.json.decode(text, type=type_)
    except BadMessageError:
        raise
    except msgspec.ValidationError as error:
        raise BadMessageError(f"{error}.") from error
    except RecursionError as error:
        raise BadMessageError("The JSON is nested too deeply.") from error
    except ValueError as error:  # not JSON, not UTF-8, or a number with thousands of digits
        raise BadMessageError(f"This is not JSON: {error}.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadMessageError("A key stands twice in one object.")
    return found


def _no_constant(name: str) -> None:
    raise BadMessageError(f"{name} is not a JSON number.")


_ambiguities: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
