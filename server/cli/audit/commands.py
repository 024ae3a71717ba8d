"""The audit commands on the command line: their arguments, and on which database each works."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from server.cli.audit.chain import Head
from server.cli.audit.errors import AuditError
from server.cli.audit.exporting import export_log
from server.cli.audit.importing import import_log
from server.cli.audit.verification import verify_log
from server.settings.options import add_flags
from server.settings.reachable_database import reachable_database
from server.settings.settings import Settings

COMMANDS = ("verify", "export", "import")

_VERIFY = """
Read the whole log and hold it to its promises: positions and versions without a hole, games by the rules. Prints
what is wrong, the first bad event first, and ends with 1; else it prints the head of a hash chain over the log and
ends with 0. Note the head down elsewhere: given to --expect, it shows whether anything up to there was changed.
"""
_EXPORT = """
Write all events, or those of one game, as lines of JSON that "fourfold import" takes. The names of players are
personal and not part of the log, so they are not exported; the ids of players are.
"""
_IMPORT = """
Append the games of an exported file to the log, all of them or none. Refused is what would break a promise of the
log: a game that it has already, one that is not by the rules, a line that is not understood. It needs the rights of
the database's owner. Such a file has no names: a player without a name here is called by the id. Servers may run
meanwhile and learn of the games, but take no moves during the last step (some ten seconds for a million events).
"""


def add_commands(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the audit commands through the `add_parser` of a parser's commands."""
    verifying = add_parser("verify", help="examine the log, and whether it was tampered with", description=_VERIFY)
    verifying.add_argument(
        "--expect",
        metavar="POSITION:HASH",
        type=_head,
        action="append",
        default=[],
        help="a head that was noted down; with several, what was changed is narrowed down to between two of them",
    )
    exporting = add_parser("export", help="write the log, or one game, as lines of JSON", description=_EXPORT)
    exporting.add_argument(
        "game", metavar="GAME", nargs="?", help="the game's link or the last part of it; else all"
    )
    exporting.add_argument("--output", metavar="FILE", type=Path, help="where to; else the standard output")
    importing = add_parser("import", help="append the games of an exported file to the log", description=_IMPORT)
    importing.add_argument("file", metavar="FILE", help="what was exported; - for the standard input")
    for parser in (verifying, exporting, importing):
        add_flags(parser)


def carry_out(asked: argparse.Namespace, settings: Settings) -> bool:
    """Carry out one of `COMMANDS`; return false if it verified a log and the log is not sound.

    Raises:
        AuditError, NoDatabaseError, EmbeddedPostgresError: it could not be done.
    """
    with reachable_database(settings) as url:
        match asked.command:
            case "verify":
                return asyncio.run(verify_log(url, asked.expect, sys.stdout))
            case "export":
                asyncio.run(export_log(url, asked.game, asked.output))
            case _:
                with _opened(asked.file) as file:
                    asyncio.run(import_log(settings.owner_database_url or url, file, sys.stdout))
    return True


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below; an error in the block is not one of opening
    except OSError as error:
        raise AuditError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"POSITION:HASH is expected, but {text!r} came") from None
