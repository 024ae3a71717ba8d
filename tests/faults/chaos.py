"""Play under every fault there is, for as long as you like, and tell what was kept of the promises.

    python -m tests.faults.chaos --minutes 60 --seed 1

Everything random comes from the seed, so the same faults come in the same order; what they meet depends on timing.
Ctrl-C ends it early, with a verdict.
"""

import argparse
import asyncio
import contextlib
import logging
import random
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from tests.faults.load import Load
from tests.faults.nemesis import Nemesis, fail_points_from
from tests.faults.stage import Stage, open_stage
from tests.faults.tally import Tally

SIGKILLED = -9


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the verdict, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (default: 5)")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbits(32), help="for the same faults in the same order"
    )
    parser.add_argument("--processes", type=int, default=3, help="how many servers (default: 3)")
    parser.add_argument("--games", type=int, default=100, help="how many games at a time (default: 100)")
    parser.add_argument("--report-every", type=float, default=10.0, metavar="SECONDS", help="(default: 10)")
    parser.add_argument("--logs", type=Path, help="a file for what the servers say")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    _say(f"seed {asked.seed}, {asked.processes} servers, {asked.games} games at a time, {asked.minutes:g} minutes")
    tally = Tally()
    began = time.monotonic()
    try:
        uvloop.run(_chaos(asked, tally))
    except (Exception, asyncio.CancelledError) as error:
        tally.violation("the run comes to its end", "", repr(_innermost(error)))
        logging.getLogger(__name__).exception("the run was broken off")
    _tell_verdict(tally, time.monotonic() - began, asked.seed)
    return 1 if tally.violation_count else 0


async def _chaos(asked: argparse.Namespace, tally: Tally) -> None:
    chance = random.Random(asked.seed)
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    work = asyncio.current_task()

    def stop() -> None:
        """End in order; when asked a second time, at once."""
        if end.is_set() and work is not None:
            work.cancel()
        end.set()

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, stop)
    # Each has chance of its own, so that timing in one does not change what the other does.
    starts, plays, strikes = (random.Random(chance.random()) for _ in range(3))
    async with open_stage(asked.processes, fail_points_from(starts)) as stage:
        load = Load(stage.apps, stage.postgres, plays, asked.games, tally)
        try:
            async with load.running():
                nemesis = Nemesis(stage, load, strikes)
                await _until(end, asked, nemesis, load, stage)
                _say("no more faults; waiting for the last answers")
        finally:
            _count_ends(stage, tally)
            if asked.logs:
                asked.logs.write_text("\n".join(app.said for app in stage.apps))


async def _until(end: asyncio.Event, asked: argparse.Namespace, nemesis: Nemesis, load: Load, stage: Stage) -> None:
    """Let the nemesis do its work until the time is over, and tell how it goes."""
    work = asyncio.create_task(nemesis.run())
    began = time.monotonic()
    try:
        while not end.is_set() and time.monotonic() < began + asked.minutes * 60 and not work.done():
            before, at = load.tally.acknowledged, time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(asked.report_every, asked.minutes * 60)):
                    await end.wait()
            tally = load.tally
            rate = (tally.acknowledged - before) / (time.monotonic() - at)
            kills = sum(app.ends.count(SIGKILLED) for app in stage.apps)
            rss = max(app.rss_kb for app in stage.apps) // 1024
            _say(
                f"{time.monotonic() - began:6.0f} s  {tally.acknowledged:9,} moves  {rate:5.0f}/s  "
                f"{tally.games_checked:7,} games checked  {tally.faults.total():4} faults  {kills:3} killed  "
                f"{rss} MB  {tally.violation_count} violations  now: {nemesis.now}"
            )
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    await stage.ready()


def _count_ends(stage: Stage, tally: Tally) -> None:
    """Those who ended by SIGKILL without the nemesis did so at a fail point."""
    ends = [code for app in stage.apps for code in app.ends]
    tally.kills["server at a fail point"] = ends.count(SIGKILLED) - tally.kills["server"]
    tally.largest_rss_kb = max(app.largest_rss_kb for app in stage.apps)
    for code in set(ends) - {SIGKILLED, 0}:
        tally.unexpected_ends[code] = ends.count(code)


def _tell_verdict(tally: Tally, seconds: float, seed: int) -> None:
    rate = tally.acknowledged / seconds
    _say(f"\nVerdict after {seconds / 60:.1f} minutes with seed {seed}: {rate:.0f} moves/s on average")
    for name, value in tally.rows():
        _say(f"  {name:26} {value}")
    for violation in tally.violations[:10]:
        _say(f"\n{violation}")
    if tally.violation_count > 10:
        _say(f"\n… and {tally.violation_count - 10} more")


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
