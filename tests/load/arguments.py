"""The command line: which scenario, how large, against what, and what is asked of it."""

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tests.load.assertions import Assertion, AssertionSyntaxError, parse_assertion
from tests.load.options import Options

SCENARIOS: Final = {
    "games": "many games, each with two players and watchers; a new game after each end",
    "race": "many sockets fire at one version at the same instant: both seats, doubled ids, full columns",
    "hot": "one game, very many watchers; each move waits until all have seen the one before",
    "storm": "all connections are cut at once; later a server is killed and started again",
    "soak": "games at a steady rate, for hours",
    "chaos": "games, while servers are killed and started again",
}

_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "games": {"games": 100, "watchers": 1, "seconds": 10.0, "rate": None, "mischief": 0.02},
    "race": {"games": 8, "watchers": 1, "seconds": 10.0, "rate": None, "mischief": 0.0},
    "hot": {"games": 1, "watchers": 2000, "seconds": 10.0, "rate": None, "mischief": 0.0},
    "storm": {"games": 500, "watchers": 2, "seconds": 30.0, "rate": 50.0, "mischief": 0.0},
    "soak": {"games": 200, "watchers": 1, "seconds": 3600.0, "rate": 200.0, "mischief": 0.02},
    "chaos": {"games": 100, "watchers": 1, "seconds": 60.0, "rate": 300.0, "mischief": 0.02},
}

_UNITS: Final = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="python -m tests.load",
        description="Play against a server, as many and as fast as asked; judge its promises before any figure.",
        epilog="Exit codes: 0 all promises kept, 1 one was broken or an --assert missed, 2 it could not run, "
        "3 the figures are invalid.",
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, about in SCENARIOS.items():
        _add_scenario(commands.add_parser(name, help=about, description=about), _DEFAULTS[name])
    against = commands.add_parser("compare", help="two reports side by side")
    against.add_argument("before", type=Path)
    against.add_argument("after", type=Path)
    return whole


def options_of(arguments: argparse.Namespace, *, has_rules: bool = True) -> Options:
    """Return what was asked for."""
    return Options(
        scenario=arguments.command,
        games=arguments.games,
        watchers=arguments.watchers,
        seconds=arguments.seconds,
        warm_up_s=arguments.warm_up,
        rate=arguments.rate or None,
        arrivals=arguments.arrivals,
        mischief=arguments.mischief if has_rules else 0.0,
        mute=arguments.mute,
        sockets=arguments.sockets,
        seed=arguments.seed,
        states=arguments.states if has_rules else 0,
        has_rules=has_rules,
    )


def _add_scenario(scenario: argparse.ArgumentParser, defaults: dict[str, Any]) -> None:
    size = scenario.add_argument_group("size")
    _add(size, "--games", _whole(1), defaults["games"], "how many games at a time")
    _add(size, "--watchers", _whole(0), defaults["watchers"], "how many guests watch each game")
    _add(size, "--mute", _whole(0), 0, "how many guests watch every game and never read")
    _add(size, "--sockets", _whole(2), 8, "race: how many sockets fire at once")
    _add(size, "--seconds", _duration, defaults["seconds"], "how long to measure, like 30, 5m or 2h")
    _add(size, "--warm-up", _duration, 2.0, "how long to play before that")
    _add(size, "--rate", _rate, defaults["rate"], "moves due in a second, whatever the server does; max: at once")
    _add(size, "--arrivals", _one_of("poisson", "constant"), "poisson", "how those moves are spread over time")
    _add(size, "--mischief", _share, defaults["mischief"], "share of moves beside which the illegal is tried")
    _add(size, "--seed", int, 1, "the same games and the same mischief again")
    target = scenario.add_argument_group("against what")
    _add(target, "--workers", _whole(1), 1, "how many server processes to start, each on a port of its own")
    _add(target, "--server", _one_of("fourfold", "per_move", "ceiling"), "fourfold", "which server to start")
    target.add_argument("--url", help="a server that runs already, instead of starting one")
    target.add_argument("--database-url", help="with --url: its database, so that command ids are checked too")
    target.add_argument("--allow-remote", action="store_true", help="with --url: it may be another machine's")
    run = scenario.add_argument_group("how")
    _add(run, "--generators", _whole(1), 1, "how many processes make the load")
    _add(run, "--states", _whole(0), 200, "how many games' states to ask for and compare")
    _add(run, "--rounds", _whole(1), 1, "run so often and report the median round")
    for flag, reference in (
        ("--ceiling", "no game and no database"),
        ("--per-move", "a transaction for each move"),
    ):
        run.add_argument(flag, action="store_true", help=f"measure a server with {reference} too, in turns")
    run.add_argument("--boardgame", action="store_true", help="measure boardgame.io in turns, too (needs npm)")
    run.add_argument("--find-max", action="store_true", help="raise the rate until --slo is missed")
    run.add_argument(
        "--slo", type=_assertion, action="append", default=[], metavar="ASSERTION", help="like accepted.p99<50ms"
    )
    run.add_argument(
        "--assert",
        type=_assertion,
        action="append",
        default=[],
        dest="asserted",
        metavar="ASSERTION",
        help="exit with 1 unless it holds, like rates.moves>1000",
    )
    run.add_argument("--json", type=_new_file, help="write the report here")
    run.add_argument("--html", type=_new_file, help="write a page to look at here")
    run.add_argument("--quiet", action="store_true", help="no progress, only the report")


def _add(group: Any, flag: str, kind: Callable[[str], Any], default: Any, about: str) -> None:
    shown = "max" if default is None else default
    group.add_argument(flag, type=kind, default=default, help=f"{about} (default: {shown})", metavar="N")


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"a whole number from {least} up is expected, but {text!r} came")
        return int(text)

    return whole


def _duration(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"a time like 30, 500ms, 5m or 2h is expected, but {text!r} came")
    return float(found[1]) * _UNITS[found[2]]


def _rate(text: str) -> float | None:
    if text == "max":
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"moves in a second, or max, is expected, but {text!r} came")
    return rate


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"a share from 0 to 1 is expected, but {text!r} came")
    return share


def _new_file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():  # better told now than after the run
        raise argparse.ArgumentTypeError(f"a file in a directory that exists is expected, but {text!r} came")
    return path


def _one_of(*choices: str) -> Callable[[str], str]:
    def chosen(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"one of {', '.join(choices)} is expected, but {text!r} came")
        return text

    return chosen


def _assertion(text: str) -> Assertion:
    try:
        return parse_assertion(text)
    except AssertionSyntaxError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def check(arguments: argparse.Namespace) -> str | None:
    """Return what is wrong with flags that don't go together, None if nothing is."""
    if arguments.url and (arguments.workers > 1 or arguments.server != "fourfold"):
        return "--url names a server that runs already; --workers and --server are for those that are started."
    if not arguments.url and (arguments.database_url or arguments.allow_remote):
        return "--database-url and --allow-remote go with --url."
    if arguments.find_max and not arguments.slo:
        return "--find-max needs to know what is good enough: --slo 'accepted.p99<50ms'."
    if arguments.command in ("hot", "race") and arguments.generators > 1:
        return f"{arguments.command} is played by one generator process."
    if arguments.games < arguments.generators:
        return "There must be at least one game for each generator process."
    return None


def command_line(argv: Sequence[str]) -> str:
    """Return the command that repeats a run, as it would be typed."""
    quoted = (f"'{part}'" if re.search(r"[^\w./:=-]", part) else part for part in argv)
    return " ".join(("python -m tests.load", *quoted))
