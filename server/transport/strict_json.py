"""JSON as others send it, read strictly: what is ambiguous is refused instead of guessed.

RFC 8259 leaves open what repeated keys, NaN or lone surrogates mean; readers that differ in this have been the way
into many a system. Here all of them are errors.
"""

import json
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")


class BadMessageError(ValueError):
    """What came is not a message of this protocol; the text says what is wrong with it."""


def decode_strictly(text: str | bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return what `text` says, as the type of `decoder`, in whatever order and with whatever spaces it is written.

    That type must forbid unknown fields and hold neither `Any` nor `Raw`: then msgspec by itself refuses everything
    that is ambiguous, except repeated keys.

    Raises:
        BadMessageError: it is not JSON, is ambiguous, nested too deeply, or has another shape.
    """
    try:
        text = text.decode() if isinstance(text, bytes) else text
        decoded = decoder.decode(text)
        if _may_repeat_a_key(text):
            _repeated_keys.decode(text)
    except BadMessageError:
        raise
    except msgspec.ValidationError as error:
        raise BadMessageError(f"{error}.") from error
    except RecursionError as error:
        raise BadMessageError("The JSON is nested too deeply.") from error
    except ValueError as error:  # not JSON, not UTF-8, or a number with thousands of digits
        raise BadMessageError(f"This is not JSON: {error}.") from error
    return decoded


def _may_repeat_a_key(text: str) -> bool:
    """Whether a valid JSON text has to be read again for repeated keys, which takes twice as long as this.

    Without backslashes no string holds a quote, so that every second piece between quotes is a whole string and
    means just what it looks like. If no two of them are equal, then no two keys are.
    """
    if "\\" in text:
        return True
    strings = text.split('"')[1::2]
    return len(set(strings)) < len(strings)


def _object(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise BadMessageError("A key stands twice in one object: leave one of them out.")


_repeated_keys: Final = json.JSONDecoder(object_pairs_hook=_object)
"""Decodes to nothing, and raises `BadMessageError` when a key stands twice."""
