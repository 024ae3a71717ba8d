"""The command line: `fourfold serve | migrate | replay GAME | verify | export | import | rebuild | doctor`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

import asyncpg

from server.cli import audit
from server.cli.doctor import examine
from server.cli.replay import UnknownGameError, replay
from server.database import migrations
from server.embedded import EmbeddedPostgresError
from server.projections.folding import PoisonEventError
from server.projections.rebuild import rebuild_lobby
from server.serving import ServingError, serve
from server.settings.options import add_flags
from server.settings.reachable_database import NoDatabaseError, reachable_database
from server.settings.settings import Settings, SettingsError, masked, read_settings

FAILED = 1
MISUSED = 2

_EXPECTED = (
    SettingsError,
    ServingError,
    EmbeddedPostgresError,
    NoDatabaseError,
    UnknownGameError,
    audit.AuditError,
    migrations.MigrationError,
    PoisonEventError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code: 0 done, 1 could not be done, 2 not understood."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.command is None:
        parser.print_help()
        return 0
    try:
        return _carry_out(asked, read_settings(vars(asked)))
    except SettingsError as error:
        return _complain(str(error), MISUSED)
    except _EXPECTED as error:
        return _complain(str(error), FAILED)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return FAILED
    except KeyboardInterrupt:
        return 130


def _carry_out(asked: argparse.Namespace, settings: Settings) -> int:
    match asked.command:
        case "serve":
            return serve(settings)
        case "migrate":
            return _migrate(settings)
        case "replay":
            with reachable_database(settings) as url:
                asyncio.run(replay(url, asked.game, sys.stdout))
            return 0
        case "rebuild":
            return _rebuild(settings)
        case "doctor":
            return examine(settings, sys.stdout)
        case command if command in audit.COMMANDS:
            return 0 if audit.carry_out(asked, settings) else FAILED
        case unknown:
            raise AssertionError(unknown)


def _migrate(settings: Settings) -> int:
    with reachable_database(settings, make=True) as url:
        address = settings.owner_database_url or url
        try:
            applied = asyncio.run(migrations.migrate(address))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise NoDatabaseError.because(address, error) from error
    numbers = ", ".join(map(str, applied))
    sys.stdout.write(f"{masked(address)}: {f'applied {numbers}' if applied else 'was up to date'}\n")
    return 0


def _rebuild(settings: Settings) -> int:
    with reachable_database(settings) as url:
        address = settings.owner_database_url or url
        try:
            position = asyncio.run(rebuild_lobby(address))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise NoDatabaseError.because(address, error) from error
    sys.stdout.write(f"{masked(address)}: the lobby is rebuilt up to position {position}\n")
    return 0


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"fourfold: {message}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="fourfold", description="A real-time multiplayer Connect Four server.")
    parser.add_argument("--version", action="version", version=f"fourfold {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    add_flags(commands.add_parser("serve", help="let people play"))
    add_flags(commands.add_parser("migrate", help="bring the database's schema up to date, and do nothing else"))
    replaying = commands.add_parser("replay", help="print a game, event by event")
    replaying.add_argument("game", metavar="GAME", help="the last part of the game's link, or the whole link")
    add_flags(replaying)
    audit.add_commands(commands.add_parser)
    add_flags(commands.add_parser("rebuild", help="make the lobby anew from the log, while servers run"))
    add_flags(commands.add_parser("doctor", help="say what is wrong here, and how to mend it"))
    return parser


def _version() -> str:
    try:
        return version("fourfold")
    except PackageNotFoundError:
        return "from a directory where it is not installed"


class _Parser(argparse.ArgumentParser):
    """argparse's parser, which does not guess what an abbreviated flag might mean."""

    def __init__(self, **options: str) -> None:
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Complain in one line, and name the way to help."""
        sys.stderr.write(f"{self.prog}: {message}; see {self.prog} --help\n")
        raise SystemExit(MISUSED)
