"""What can be set, and how: one table for the command line, the environment and the documentation."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.settings import database_url, parsing


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: where it comes from, how it is read, and what it means.

    An option without a flag is for the environment only, because a command line can be read by every user of
    a machine, or because few people need it.
    """

    name: str
    flag: str | None
    variable: str
    default: str
    expected: str
    parse: Callable[[str], Any]
    meaning: str
    is_secret: bool = False


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the flag of every option that has one; `read_settings` reads the result."""
    for option in OPTIONS:
        if option.flag is None:
            continue
        default = f"; default: {option.default}" if option.default else ""
        meaning = f"{option.meaning} [{option.variable}{default}]".replace("%", "%%")
        if option.parse is parsing.switch:
            parser.add_argument(option.flag, dest=option.name, action="store_const", const="yes", help=meaning)
        else:
            metavar = option.flag.rpartition("-")[2].upper()
            parser.add_argument(option.flag, dest=option.name, metavar=metavar, help=meaning)


# fmt: off
OPTIONS: tuple[Option, ...] = (
    Option("host", "--host", "FOURFOLD_HOST", "127.0.0.1",
           "a host name or an address", parsing.host,
           "the address to listen on; 0.0.0.0 for all"),
    Option("port", "--port", "FOURFOLD_PORT", "8000",
           "a number from 0 to 65535", parsing.number(0, 65535),
           "the port to listen on, or the next free one if it is taken; 0 for any"),
    Option("workers", "--workers", "FOURFOLD_WORKERS", "1",
           "a number from 1 to 64", parsing.number(1, 64),
           "the number of processes that serve"),
    Option("database_url", "--database-url", "DATABASE_URL", "",
           database_url.EXPECTED, database_url.database_url,
           "the PostgreSQL to use; by default the server starts its own", is_secret=True),
    Option("owner_database_url", None, "FOURFOLD_OWNER_DATABASE_URL", "",
           database_url.EXPECTED, database_url.database_url,
           "the same database as a role that may change its schema, for migrations only; by default DATABASE_URL",
           is_secret=True),
    Option("data_dir", "--data-dir", "FOURFOLD_DATA_DIR", "",
           "a directory, or a path where one can be made", parsing.directory,
           "the directory of the server's own PostgreSQL and its secret; by default the platform's place for data"),
    Option("ephemeral", "--ephemeral", "FOURFOLD_EPHEMERAL", "no",
           "yes or no", parsing.switch,
           "use a temporary database, which is deleted at the end"),
    Option("open_browser", "--open", "FOURFOLD_OPEN", "no",
           "yes or no", parsing.switch,
           "open a browser once the server is ready"),
    Option("secret", None, "FOURFOLD_SECRET", "",
           f"a secret of at least {parsing.MIN_SECRET_CHARS} characters", parsing.secret,
           "signs the players' tokens, the same for all processes; by default generated once in the data directory",
           is_secret=True),
    Option("origins", None, "FOURFOLD_ORIGINS", "",
           "a comma-separated list of origins like https://play.example.org", parsing.origins,
           "the exact origins whose pages may connect; by default the address under which the server was reached"),
    Option("trusted_proxies", None, "FOURFOLD_TRUSTED_PROXIES", "127.0.0.1",
           "a comma-separated list of addresses or networks, or *", parsing.proxies,
           "the proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted"),
    Option("max_connections", None, "FOURFOLD_MAX_CONNECTIONS", "10000",
           "a number from 1 to 1000000", parsing.number(1, 1_000_000),
           "the number of websockets that one process accepts"),
    Option("log_format", None, "FOURFOLD_LOG_FORMAT", "text",
           "text or json", parsing.one_of("text", "json"),
           "the format of the log"),
)
# fmt: on


def markdown_table() -> str:
    """Return all options as the table that the README shows; a test holds it to this."""
    rows = ["| flag | environment variable | default | meaning |", "| --- | --- | --- | --- |"]
    for option in OPTIONS:
        flag = f"`{option.flag}`" if option.flag else ""
        default = f"`{option.default}`" if option.default else ""
        rows.append(f"| {flag} | `{option.variable}` | {default} | {option.meaning} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(markdown_table(), end="")  # noqa: T201 - to be copied into the README
