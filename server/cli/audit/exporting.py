"""`fourfold export`: the log, or one game of it, as lines that `fourfold import` takes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from server.cli.audit.errors import AuditError
from server.cli.audit.lines import header_of
from server.cli.audit.progress import Progress
from server.cli.audit.reading import count_events, pages, snapshot
from server.cli.game_link import game_of


async def export_log(url: str, link: str | None, output: Path | None, screen: TextIO = sys.stderr) -> None:
    """Write the log of one moment, in the order of its positions, or one game in the order of its versions.

    `link` is the game's link or the last part of it. A file is there under its name only once it is complete;
    without an `output` the lines go to the standard output. The names of players are personal and not in the log,
    so they are not in the lines.

    Raises:
        AuditError: there is no such game, or the file cannot be written.
        NoDatabaseError: the database cannot be used, or was lost on the way.
    """
    game = None if link is None else game_of(link)
    async with snapshot(url, "export") as connection:
        events = await count_events(connection, game)
        if game is not None and not events:
            raise AuditError(f"There is no game {game!r} in this log.")
        with _opened(output) as file, Progress("exported", events, screen) as progress:
            file.write(header_of(events) + b"\n")
            async for page in pages(connection, game):
                file.write(b"".join(line + b"\n" for _, line in page))
                progress.add(len(page))
    screen.write(progress.rate() + "\n")


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """Give the file to write to: under another name until it is complete, unless it is no ordinary file."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    is_ordinary = output.is_file() or not output.exists()
    draft = output.with_name(f"{output.name}.{os.getpid()}.part") if is_ordinary else output
    try:
        with draft.open("wb") as file:
            yield file
        if is_ordinary:
            draft.replace(output)
    except OSError as error:
        raise AuditError(f"{output} cannot be written: {error.strerror}.") from error
    finally:
        if is_ordinary:
            draft.unlink(missing_ok=True)
