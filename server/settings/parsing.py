"""From the text of a setting to its value: one function for each kind of value.

Each raises `ValueError` for a text that it doesn't understand; `server.settings.settings` makes a message of it.
Addresses of databases are read by `server.settings.database_url`.
"""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

MIN_SECRET_CHARS: Final = 32

_MAX_NAME_CHARS: Final = 253
_MAX_PORT: Final = 65_535
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[(?P<ipv6>[0-9a-f:]+)\])(?::(?P<port>[1-9][0-9]{0,4}))?")
_SWITCH: Final = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)


def number(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` to `high`, in plain digits."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """Return a parser that accepts exactly these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return parse


def switch(text: str) -> bool:
    """Read a yes or a no."""
    if text.lower() not in _SWITCH:
        raise ValueError(text)
    return _SWITCH[text.lower()]


def host(text: str) -> str:
    """Read a host name or an address, without a port and without brackets."""
    if ":" in text:
        ipaddress.IPv6Address(text)
    elif not _NAME.fullmatch(text) or len(text) > _MAX_NAME_CHARS:
        raise ValueError(text)
    return text


def directory(text: str) -> Path | None:
    """Read a directory that exists or can be made, an empty text as none; a relative one is below the current one.

    Raises:
        ValueError, OSError, RuntimeError: it is none, may not be entered, or is in the home of an unknown user.
    """
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if "\0" in text or not next(place for place in (path, *path.parents) if place.exists()).is_dir():
        raise ValueError(text)
    return path


def secret(text: str) -> str | None:
    """Read a secret that is too long to guess, provided that no person made it up; an empty text is none."""
    text.encode()  # fails for bytes that are no text
    if text and len(text) < MIN_SECRET_CHARS:
        raise ValueError(text)
    return text or None


def origins(text: str) -> tuple[str, ...]:
    """Read exact origins as a browser sends them: lower case, without a path or a final slash."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in found:
        match = _ORIGIN.fullmatch(origin)
        if match is None or int(match["port"] or 0) > _MAX_PORT:
            raise ValueError(text)
        if match["ipv6"] is not None:
            ipaddress.IPv6Address(match["ipv6"])
    return found


def proxies(text: str) -> str:
    """Read addresses and networks, or `*` for anybody."""
    if text != "*":
        for part in text.split(","):
            ipaddress.ip_network(part.strip())
    return text
