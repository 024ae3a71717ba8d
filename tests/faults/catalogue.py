"""The faults: each injects itself and returns once it has ended, so that what follows is recovery."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import asyncpg

from tests.checking import messages
from tests.faults.postgres import ACCEPT_INSERTS, DISK_FULL, MISCHIEF, TOO_SLOW
from tests.faults.proxy import Mode, Proxy
from tests.faults.stage import Stage
from tests.faults.wire import Wire, connect

RETRY_AFTER_S: Final = 0.05
RETRIED: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
)

Inject = Callable[[Stage, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to break things. `kills` names what is killed with SIGKILL, if anything is."""

    name: str
    inject: Inject
    kills: str | None = None
    noticed_after_s: float = 0.0
    """How long those concerned may take to notice: a half-open connection does not say that it is one."""
    weight: int = 1


async def kill_app(stage: Stage, chance: random.Random) -> None:
    """`kill -9` of a server process."""
    await _end_app(stage, chance, signal.SIGKILL)


async def restart_app(stage: Stage, chance: random.Random) -> None:
    """SIGTERM to a server process, as in a rolling restart."""
    await _end_app(stage, chance, signal.SIGTERM)


async def freeze_app(stage: Stage, chance: random.Random) -> None:
    """A server process stands still for a while, as in a paused virtual machine."""
    app = chance.choice(stage.apps)
    app.signal(signal.SIGSTOP)
    try:
        await _for_a_while(stage, chance, 0.5, 3.0)
    finally:
        app.signal(signal.SIGCONT)


async def kill_backend(stage: Stage, chance: random.Random) -> None:
    """`kill -9` of one Postgres backend, whereupon Postgres ends all others and recovers."""
    os.kill(chance.choice(await _backends(stage, listening=False)), signal.SIGKILL)
    await _postgres_answers(stage)


async def kill_postmaster(stage: Stage, chance: random.Random) -> None:
    """`kill -9` of the main process of Postgres, and a new start a moment later."""
    await stage.postgres.kill()
    await _for_a_while(stage, chance, 0.0, 1.0)
    await stage.postgres.start()


async def restart_postgres(stage: Stage, chance: random.Random) -> None:
    """An orderly restart of Postgres under load."""
    await stage.postgres.stop()
    await _for_a_while(stage, chance, 0.0, 1.0)
    await stage.postgres.start()


async def terminate_writer(stage: Stage, chance: random.Random) -> None:
    """Postgres ends the connections that append and read."""
    await _terminate(stage, await _backends(stage, listening=False))


async def terminate_listener(stage: Stage, chance: random.Random) -> None:
    """Postgres ends the connections that hear of events."""
    await _terminate(stage, await _backends(stage, listening=True))


async def hold_the_lock(stage: Stage, chance: random.Random) -> None:
    """Somebody holds the lock that every append needs."""
    connection = await stage.postgres.connect()
    try:
        await connection.execute("SELECT pg_advisory_lock(4444)")
        await _for_a_while(stage, chance, 0.5, 2.5)
    finally:
        await connection.close()


def inserts(statement: str) -> Inject:
    """Every insert of an event fails."""

    async def inject(stage: Stage, chance: random.Random) -> None:
        await _execute(stage, statement)
        try:
            await _for_a_while(stage, chance, 0.5, 3.0)
        finally:
            await _execute(stage, ACCEPT_INSERTS)

    return inject


def notifications(kind: str) -> Inject:
    """Notifications are lost, doubled, delayed or reordered."""

    async def inject(stage: Stage, chance: random.Random) -> None:
        await _execute(stage, MISCHIEF[kind])
        try:
            await _for_a_while(stage, chance, 1.0, 4.0)
        finally:
            await _execute(stage, stage.notify)

    return inject


def network(side: str, mode: Mode) -> Inject:
    """The connections of a process to Postgres, or of clients to it, are as in `mode` for a while."""

    async def inject(stage: Stage, chance: random.Random) -> None:
        proxy = _proxy(stage, chance, side)
        proxy.set(mode)
        try:
            await _for_a_while(stage, chance, 0.5, 4.0)
        finally:
            proxy.set(Mode.PASS)

    return inject


def half_open(side: str) -> Inject:
    """The connections of a process go dead without a word, for ever; new ones work."""

    async def inject(stage: Stage, chance: random.Random) -> None:
        _proxy(stage, chance, side).set(Mode.STALL, also_new=False)

    return inject


async def deaf_watcher(stage: Stage, chance: random.Random) -> None:
    """Somebody asks for whole games again and again, and never reads a byte of them."""
    app = chance.choice(stage.apps)
    wire = Wire(None, lambda _text: None, lambda: None)
    try:
        await connect(wire, app.to_app.port)
        games = await stage.postgres.newest_games(100)
    except RETRIED:
        return
    await _for_a_while(stage, chance, 0.2, 0.2)
    wire.stop_reading()
    for game in games * 10:
        wire.send(messages.watch(game, 0))
    await _for_a_while(stage, chance, 1.0, 3.0)
    wire.abort()


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("kill -9 server", kill_app, kills="server", weight=16),
    Fault("kill -9 backend", kill_backend, kills="backend", weight=4),
    Fault("kill -9 postmaster", kill_postmaster, kills="postmaster", weight=3),
    Fault("SIGTERM server", restart_app, weight=2),
    Fault("freeze server", freeze_app),
    Fault("restart Postgres", restart_postgres),
    Fault("terminate writers", terminate_writer),
    Fault("terminate listeners", terminate_listener),
    Fault("lock held", hold_the_lock),
    Fault("disk full", inserts(DISK_FULL)),
    Fault("statements too slow", inserts(TOO_SLOW)),
    *(Fault(f"notifications {kind}", notifications(kind)) for kind in MISCHIEF),
    *(Fault(f"{mode.value} to Postgres", network("postgres", mode)) for mode in Mode if mode is not Mode.PASS),
    *(Fault(f"{mode.value} to clients", network("app", mode)) for mode in Mode if mode is not Mode.PASS),
    Fault("half-open to Postgres", half_open("postgres"), noticed_after_s=5.0),
    Fault("half-open to clients", half_open("app"), noticed_after_s=4.0),
    Fault("watcher that never reads", deaf_watcher),
)


async def _end_app(stage: Stage, chance: random.Random, signum: signal.Signals) -> None:
    app = chance.choice(stage.apps)
    await app.is_ready.wait()
    app.ended.clear()
    app.signal(signum)
    await app.ended.wait()
    await app.is_ready.wait()


async def _for_a_while(stage: Stage, chance: random.Random, least_s: float, most_s: float) -> None:
    await asyncio.sleep(stage.pace * chance.uniform(least_s, most_s))


async def _backends(stage: Stage, *, listening: bool) -> list[int]:
    while True:
        if found := await stage.postgres.backends(listening=listening):
            return found
        await asyncio.sleep(RETRY_AFTER_S)


async def _terminate(stage: Stage, pids: list[int]) -> None:
    await _execute(stage, f"SELECT pg_terminate_backend(pid) FROM unnest(ARRAY{pids}) AS pid")


async def _execute(stage: Stage, statement: str) -> None:
    """Carry out a statement, as often as it takes: a fail point may have ended what holds a lock only just now."""
    while True:
        try:
            await stage.postgres.execute(statement)
        except RETRIED:
            await asyncio.sleep(RETRY_AFTER_S)
        else:
            return


async def _postgres_answers(stage: Stage) -> None:
    # At first the killed backend may not have been noticed yet: then this connection ends with the others.
    await _execute(stage, "SELECT pg_sleep(0.1)")
    await _execute(stage, "SELECT 1")


def _proxy(stage: Stage, chance: random.Random, side: str) -> Proxy:
    app = chance.choice(stage.apps)
    return app.to_postgres if side == "postgres" else app.to_app
