"""From the text of a setting to its value: one pure function for each kind of value.

Each raises `ValueError` for what it does not understand; `server.settings.settings` says what was expected instead.
"""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

MIN_SECRET_CHARS = 32

_HOST = re.compile(r"[A-Za-z0-9._:-]+(%[A-Za-z0-9]+)?")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?")
_SWITCH = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)


def number(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` to `high`, in plain digits."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """Return a parser that takes exactly these words."""

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
    if not _HOST.fullmatch(text):
        raise ValueError(text)
    return text


def database_url(text: str) -> str | None:
    """Read a PostgreSQL address. The driver knows its parameters; here only its kind is checked."""
    if text and ("://" not in text or urlsplit(text).scheme not in {"postgresql", "postgres"}):
        raise ValueError(text)
    return text or None


def directory(text: str) -> Path | None:
    """Read a directory that exists or can be made; a relative one counts from where the program started."""
    path = Path(text).expanduser().absolute()
    if "\0" in text or not next(place for place in (path, *path.parents) if place.exists()).is_dir():
        raise ValueError(text)
    return path if text else None


def secret(text: str) -> str | None:
    """Read a secret that is too long to guess, provided it was not made up by a person."""
    if text and len(text) < MIN_SECRET_CHARS:
        raise ValueError(text)
    return text or None


def origins(text: str) -> tuple[str, ...]:
    """Read exact origins as a browser sends them: lower case, without a path or a final slash."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(_ORIGIN.fullmatch(origin) for origin in found):
        raise ValueError(text)
    return found


def proxies(text: str) -> str:
    """Read addresses and networks, or `*` for anybody."""
    if text != "*":
        for part in text.split(","):
            ipaddress.ip_network(part.strip())
    return text
