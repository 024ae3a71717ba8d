"""What a player may be called: text that shows as what it is, in one short line.

Names are normalised to NFC, and refused when they could hide, reorder or fake what stands around them: control
characters, bidirectional and zero-width ones, unassigned ones (Unicode's categories, UAX #44).
"""

import unicodedata
from itertools import pairwise
from typing import Final

MAX_CHARACTERS: Final = 40
MAX_BYTES: Final = 120

_WITHOUT_INK: Final = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0E),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)
"""Letters, marks and symbols that show nothing: most of Default_Ignorable_Code_Point, the empty Braille cell."""

_EMOJI_STYLE: Final = "\ufe0f"
"""Makes the symbol before it an emoji; elsewhere it shows nothing."""

_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class InvalidNameError(ValueError):
    """A name can't be shown safely; the message says what is wrong with it."""


def normalized_name(raw: str) -> str:
    """Return `raw` in NFC, with single spaces and none at the ends.

    Raises:
        InvalidNameError: it is blank, too long, or holds a character that a name must not.
    """
    if len(raw) > 4 * MAX_BYTES:  # before any work on it
        raise InvalidNameError(_too_long())
    for before, character in pairwise(f" {raw}"):
        if _is_refused(character, before):
            raise InvalidNameError(f"A name can't hold the character U+{ord(character):04X}: leave it out.")
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    if not name:
        raise InvalidNameError("A name needs at least one visible character.")
    if len(name) > MAX_CHARACTERS or len(name.encode()) > MAX_BYTES:
        raise InvalidNameError(_too_long())
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        raise InvalidNameError("A name needs at least one visible character.")
    return name


def _is_refused(character: str, before: str) -> bool:
    if character == _EMOJI_STYLE:
        return unicodedata.category(before) != "So"
    return character in _WITHOUT_INK or unicodedata.category(character) in _REFUSED_CATEGORIES


def _too_long() -> str:
    return f"A name has at most {MAX_CHARACTERS} characters and {MAX_BYTES} bytes: choose a shorter one."
