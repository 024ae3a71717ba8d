"""The settings of one server.

A setting is read from its flag, else from its environment variable (an empty one counts as absent), else it has its
default. A malformed value is refused with the name of the setting, the value and what was expected; secrets are
never repeated in a message.
"""

import os
import pwd
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs

from server.settings import database_url
from server.settings.options import OPTIONS, Option

_OF_THE_DRIVER: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    "PGHOST": (database_url.hosts, "host names or addresses between commas"),
    "PGPORT": (database_url.ports, "numbers from 1 to 65535 between commas"),
}
"""Variables from which the driver fills gaps in a database's address without checking them."""


class SettingsError(Exception):
    """A setting is wrong; the message names it and says what is expected. Nothing was changed."""


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
        raise SettingsError(
            "FOURFOLD_OWNER_DATABASE_URL is set, but DATABASE_URL is not. Set both, or neither: they name the same "
            "database."
        )
    if settings.database_url:
        _check_gaps(variables)
    return settings


def default_data_dir() -> Path:
    """Return where data goes by default: the platform's place for a user's data, or for the system's.

    Raises:
        SettingsError: this user has no home directory.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/fourfold")
    if os.environ.get("HOME"):  # an empty one would make it "/.local/share"
        return platformdirs.user_data_path("fourfold", appauthor=False)
    try:
        home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        raise SettingsError("This user has no home directory. Say where data goes: --data-dir.") from None
    return Path(home, ".local", "share", "fourfold")


def _read(option: Option, flag: str | None, variables: Mapping[str, str]) -> Any:
    text, source = flag, option.flag
    if text is None:
        text, source = variables.get(option.variable, "").strip(), option.variable
        if not text:
            return option.parse(option.default)
    try:
        return option.parse(text)
    except (ValueError, OSError, RuntimeError):
        came = f"a value of {len(text)} characters" if option.is_secret else repr(text)
        raise SettingsError(f"{source}: {option.expected} is expected, but {came} came.") from None


def _check_gaps(variables: Mapping[str, str]) -> None:
    for name, (parse, expected) in _OF_THE_DRIVER.items():
        try:
            parse(variables.get(name, ""))
        except ValueError:
            raise SettingsError(f"{name}: {expected} are expected, but {variables[name]!r} came.") from None
