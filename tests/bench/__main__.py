"""The command line of the benchmarks."""

import argparse
import asyncio
from pathlib import Path

from tests.bench import store


def main() -> None:
    """Run a benchmark and print its figures; with --svg, draw them too."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    benchmarks = parser.add_subparsers(dest="benchmark", required=True)
    of_store = benchmarks.add_parser("store", help="the event store: appends, growth, reading")
    of_store.add_argument(
        "--rounds", type=int, default=5, help="how often each figure is taken (the median counts)"
    )
    of_store.add_argument("--seconds", type=float, default=1.0, help="how long each figure is taken")
    of_store.add_argument(
        "--grown", default="1", help="millions of events to measure again with, like 1,10 (0: none)"
    )
    of_store.add_argument(
        "--data-dir", type=Path, help="where the database lies meanwhile (default: a new directory)"
    )
    of_store.add_argument("--database-url", help="an empty database to use instead of a new one")
    of_store.add_argument("--svg", type=Path, help="draw the figures into this file")
    arguments = parser.parse_args()
    grown = [float(number) for number in arguments.grown.split(",") if float(number) > 0]
    with store.database(arguments.database_url, arguments.data_dir) as url:
        asyncio.run(store.run(url, arguments.rounds, arguments.seconds, grown, arguments.svg))


if __name__ == "__main__":
    main()
