"""What is printed once the server is ready: its address, where its data is, how to stop it, what to try."""

import os
import shlex
import socket
import sys
from contextlib import suppress
from pathlib import Path

from server.settings.database_url import masked
from server.settings.settings import Settings

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def greeting(settings: Settings, address: str, *, has_own_database: bool) -> str:
    """Return the message for people; parts of it are bold if they read it on a terminal."""
    command = _command()
    where = f" --data-dir {shlex.quote(str(settings.data_dir))}" if settings.ephemeral else ""
    return f"""\
{_strong("Fourfold is ready:")} {_strong(address)}

  data    {_data(settings, has_own_database=has_own_database)}
  stop    Ctrl-C

Try next:
  Open the address in two tabs: start a game in one, and join it with its link in the other.
  Open it in a third one to watch.
  {command} replay GAME{where}   prints a game event by event; GAME is the last part of its link
  {command} doctor   checks this machine and the database
"""


def _data(settings: Settings, *, has_own_database: bool) -> str:
    if settings.ephemeral:
        return f"{settings.data_dir} (deleted at the end)"
    if has_own_database:
        return f"{settings.data_dir} (kept for the next start)"
    return masked(settings.database_url or "")


def _command() -> str:
    """Return how to call this program from the current directory."""
    script = Path(sys.executable).with_name("fourfold")
    if not script.exists():
        return f"{shlex.quote(sys.executable)} -m server"
    with suppress(OSError, ValueError):  # the current directory was deleted, or is elsewhere
        script = script.relative_to(Path.cwd())
    return shlex.quote(str(script))


def _strong(text: str) -> str:
    return f"{_BOLD}{text}{_PLAIN}" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else text
