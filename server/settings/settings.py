"""The settings of one server, and the key that signs its players' tokens.

A setting is read from its flag, else from its environment variable (an empty one counts as absent), else
its default holds. A value that makes no sense is refused with its name, what came and what was expected;
secrets are never repeated in a message.
"""

import os
import pwd
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from server.settings.options import OPTIONS, Option
from server.settings.parsing import MIN_SECRET_CHARS


class SettingsError(Exception):
    """A setting is wrong; the message names it, what came and what is expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can decide about one server; `options.OPTIONS` says what each one means."""

    host: str
    port: int
    workers: int
    database_url: str | None
    owner_database_url: str | None
    data_dir: Path
    ephemeral: bool
    open_browser: bool
    secret: str | None
    origins: tuple[str, ...]
    trusted_proxies: str
    max_connections: int
    log_format: str


def read_settings(
    flags: Mapping[str, str | None] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings from flags (texts by option name), then the environment, then the defaults.

    Without an `environment` it is the process's own; a test that wants only defaults passes `{}`.

    Raises:
        SettingsError: a value is not what its option expects, or two of them contradict each other.
    """
    given = flags or {}
    variables = os.environ if environment is None else environment
    values = {option.name: _read(option, given.get(option.name), variables) for option in OPTIONS}
    settings = Settings(**values | {"data_dir": values["data_dir"] or default_data_dir()})
    if settings.ephemeral and settings.database_url:
        raise SettingsError(
            "--ephemeral (FOURFOLD_EPHEMERAL) and --database-url (DATABASE_URL) contradict each other: "
            "a throw-away database, or the one with that address? Leave one of them out."
        )
    if settings.owner_database_url and not settings.database_url:
        raise SettingsError("FOURFOLD_OWNER_DATABASE_URL is set, but DATABASE_URL is not; it goes with it.")
    return settings


def default_data_dir() -> Path:
    """Return where data goes unless told otherwise: the platform's place for a user's data, or for the system's."""
    if os.geteuid() == 0:
        return Path("/var/lib/fourfold")
    if not os.environ.get("HOME"):  # an empty HOME would make it "/.local/share"
        return Path(pwd.getpwuid(os.geteuid()).pw_dir, ".local", "share", "fourfold")
    return platformdirs.user_data_path("fourfold", appauthor=False)


def signing_key(settings: Settings) -> bytes:
    """Return the key that signs players' tokens: the configured secret, or one made once in the data directory.

    Racing processes all get the same key: it becomes visible under its name only once it is complete.

    Raises:
        SettingsError: other users may read or change the file, or it cannot be read or made.
    """
    if settings.secret:
        return settings.secret.encode()
    path = settings.data_dir / "secret"
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make_secret(path)
        return _read_secret(path)
    except OSError as error:
        raise SettingsError(f"The secret {path} cannot be read or made: {error.strerror}.") from error


def masked(url: str) -> str:
    """Return a database address fit for people's eyes: without its password and its parameters."""
    return re.sub(r"(?<=://)([^:/@?]*):.*@", r"\1:***@", url.partition("?")[0])


def _read(option: Option, flag: str | None, variables: Mapping[str, str]) -> Any:
    text, source = flag, option.flag
    if text is None:
        text, source = variables.get(option.variable, "").strip(), option.variable
        if not text:
            return option.parse(option.default)
    try:
        return option.parse(text)
    except (ValueError, OSError):
        came = f"a value of {len(text)} characters" if option.is_secret else repr(text)
        raise SettingsError(f"{source}: {option.expected} is expected, but {came} came.") from None


def _make_secret(path: Path) -> None:
    draft = path.with_name(f"secret.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename it fails when another process was first
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _read_secret(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        key = file.read().strip()
    if mode & 0o077:
        raise SettingsError(
            f"Other users may open the secret {path} (mode {mode:04o}); mode 0600 is expected. "
            f"Delete it to have a new one made (players get new identities), or, if nobody read it: chmod 600"
        )
    if len(key) < MIN_SECRET_CHARS:
        raise SettingsError(f"The secret {path} is too short; delete it to have a new one made.")
    return key
