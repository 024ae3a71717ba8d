"""The command line of the references."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from server.serving.errors import ServingError
from tests.load.references import ceiling
from tests.load.references.boardgame import playing
from tests.load.references.boardgame.node import NodeError
from tests.load.references.per_move.app import create_app
from tests.load.references.serving import serve


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a reference until SIGTERM, or measure one that brings its own driver."""
    chosen = _parser().parse_args(arguments)
    try:
        match chosen.reference:
            case "per_move":
                serve(create_app(_database_url()), chosen.port)
            case "ceiling":
                serve(ceiling.create_app(), chosen.port)
            case "boardgame":
                print(playing.measure(chosen.games, chosen.seconds, chosen.warm_up))
    except (ServingError, NodeError) as error:
        _fail(str(error))
    except playing.PlayError as error:
        sys.exit(f"boardgame.io: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load.references", description=main.__doc__)
    references = parser.add_subparsers(dest="reference", required=True)
    for name, about in (
        ("per_move", "one transaction for each move, on the database DATABASE_URL"),
        ("ceiling", "frames in, frames out"),
    ):
        server = references.add_parser(name, help=about)
        server.add_argument("--port", type=int, default=0, help="where to listen (default: any free port)")
    boardgame = references.add_parser("boardgame", help="play against boardgame.io and print what it did")
    boardgame.add_argument("--games", type=int, default=200, help="how many are played at once")
    boardgame.add_argument("--seconds", type=float, default=10.0, help="how long to measure")
    boardgame.add_argument("--warm-up", type=float, default=3.0, help="seconds of play before that")
    return parser


def _database_url() -> str:
    url = os.environ.get("DATABASE_URL")
    if not url:
        _fail("per_move needs a database: set DATABASE_URL.")
    return url


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
