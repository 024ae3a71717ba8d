"""A primary and its standby under one address, and everything that a failover consists of."""

import asyncio
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self
from urllib.parse import quote

from server.database.migrations import migrate
from server.database.pool import Connection
from server.embedded.cluster import DATABASE, OWNER
from tests.postgres.copying import OPERATOR, Installation, copy_running, copy_stopped, make_data_directory, write_as
from tests.postgres.node import HOST, Node

Mode = Literal["sync", "async"]
"""Whether a commit waits until the standby has it on disk."""

STANDBY: Final = "standby"
"""The name under which a standby replicates."""

_SWEEP: Final = Path(__file__).with_name("sweep.py")
_LIMIT_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.01


class Cluster:
    """Two PostgreSQL nodes that replicate, from `start` to `stop`.

        async with Cluster("sync") as cluster:
            with ServerProcess(database_url=cluster.url) as server:
                await cluster.kill_primary()
                await cluster.promote()
                await cluster.rebuild_standby()

    `url` names both, so it leads to the primary whichever that is. What a cluster manager does in production is
    done here by the test, in the manager's order: a primary that is to be replaced is dead, or frozen for good,
    before the standby is promoted, and a new primary waits for no standby until it has one.
    """

    def __init__(self, mode: Mode = "sync") -> None:
        self.mode = mode
        self._path = Path(tempfile.mkdtemp(prefix="fourfold-cluster-"))
        self._sweeper = subprocess.Popen(
            [sys.executable, "-IS", str(_SWEEP), str(self._path)], stdin=subprocess.PIPE, start_new_session=True
        )
        self._operator_password = secrets.token_urlsafe(24)
        self._owner_password = ""
        installation = Installation.find(self._path)
        self.nodes = tuple(Node(self._path / name, installation, self._operator_password) for name in ("a", "b"))
        self.primary, self.standby = self.nodes

    @property
    def url(self) -> str:
        """The address of both nodes, for the database's owner: it leads to the one that can be written."""
        return self.url_through([node.port for node in self.nodes])

    def url_through(self, ports: Sequence[int]) -> str:
        """Return the same address with other ports of this machine, of proxies for instance, in this order."""
        hosts = ",".join(f"{HOST}:{port}" for port in ports)
        user = f"{OWNER}:{quote(self._owner_password, safe='')}"
        return f"postgresql://{user}@{hosts}/{DATABASE}?sslmode=disable&target_session_attrs=read-write"

    async def start(self) -> None:
        """Start both nodes, wait until the second replicates, and bring the schema up to date."""
        source, installation = self.primary.directory, self.primary.installation
        self._owner_password = await asyncio.to_thread(
            make_data_directory, source, installation, self._operator_password
        )
        await copy_stopped(source, self.standby.directory, installation.account)
        self.primary.configure(self._as_primary())
        self._make_standby()
        await asyncio.gather(self.primary.start(), self.standby.start())
        await self._replicates()
        await migrate(self.url)

    async def stop(self) -> None:
        """Stop both nodes and leave nothing behind. May be called at any time, also twice."""
        for node in self.nodes:
            await node.kill()
            node.close()
        await asyncio.to_thread(self._sweeper.communicate)

    async def kill_primary(self) -> None:
        """Break down the host of the primary; whoever is connected is disconnected."""
        await self.primary.kill()

    def freeze_primary(self) -> None:
        """Let the primary stand still, as a host does that vanishes from the network: nobody is told."""
        self.primary.freeze()

    async def promote(self) -> None:
        """Make the standby the primary. The old one is killed first, unless it is frozen, and then stays so."""
        if not self.primary.is_frozen:
            await self.primary.kill()
        await self._execute(self.standby, "SELECT pg_promote(wait => true, wait_seconds => 30)")
        self.primary, self.standby = self.standby, self.primary

    async def rebuild_standby(self) -> None:
        """Make the old primary, whatever state it is in, a standby of the new one from a fresh copy."""
        await self.standby.kill()
        await asyncio.to_thread(shutil.rmtree, self.standby.directory)
        operator = await self.primary.connect()
        try:
            account = self.primary.installation.account
            await copy_running(self.primary.directory, self.standby.directory, account, operator)
        finally:
            await operator.close()
        self._make_standby()
        await self.standby.start()
        self.primary.configure(self._as_primary())
        self.primary.reload()
        await self._replicates()

    async def cut_replication(self) -> None:
        """Let the standby receive nothing more, until `restore_replication` or for ever."""
        self.standby.configure({})
        self.standby.reload()
        await self._wait_until(self.primary, "SELECT NOT EXISTS (SELECT FROM pg_stat_replication)")

    async def restore_replication(self) -> None:
        """Let the standby receive again, and wait until it does."""
        self.standby.configure(self._as_standby())
        self.standby.reload()
        await self._replicates()

    async def end_replication_waits(self, how: Literal["cancel", "terminate"]) -> None:
        """Wait until a commit waits for a standby that receives nothing, and cut the wait of all that do.

        The commit stays on the primary alone. A cancelled one is answered with a warning, as if it had succeeded;
        a terminated one is not answered.
        """
        cut = f"""
            SELECT count(pg_{how}_backend(pid)) > 0
            FROM pg_stat_activity
            WHERE wait_event = 'SyncRep'
        """
        await self._wait_until(self.primary, cut)

    async def lose_the_tail(self, at_least: int = 1) -> int:
        """Fail over and lose the newest events; return how many were lost at least.

        The standby receives nothing more; once others have appended `at_least` so many events to the primary alone,
        it is killed, and the standby promoted.
        """
        assert self.mode == "async", "a synchronous standby lacks nothing that was acknowledged"
        await self.cut_replication()
        await self._wait_until(self.standby, "SELECT pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn()")
        kept = await self._position(self.standby)
        await self._wait_until(
            self.primary, f"SELECT coalesce(max(position), 0) >= {kept + at_least} FROM fourfold.events"
        )
        reached = await self._position(self.primary)
        await self.kill_primary()
        await self.promote()
        return reached - await self._position(self.primary)

    async def connect(self) -> Connection:
        """Return a connection of a superuser to the primary; the caller closes it."""
        return await self.primary.connect()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _as_primary(self) -> dict[str, str]:
        return {"synchronous_standby_names": STANDBY} if self.mode == "sync" else {}

    def _as_standby(self) -> dict[str, str]:
        words = {
            "host": HOST,
            "port": str(self.primary.port),
            "user": OPERATOR,
            "password": self._operator_password,
            "application_name": STANDBY,
            "sslmode": "disable",
        }
        return {"primary_conninfo": " ".join(f"{word}={value}" for word, value in words.items())}

    def _make_standby(self) -> None:
        self.standby.configure(self._as_standby())
        write_as(self.standby.installation.account, self.standby.directory / "standby.signal", "")

    async def _replicates(self) -> None:
        """Wait until the standby receives, and until the primary waits for it, if it is to."""
        state = "sync" if self.mode == "sync" else "async"
        await self._wait_until(
            self.primary,
            f"""
            SELECT EXISTS (
              SELECT FROM pg_stat_replication
              WHERE application_name = '{STANDBY}' AND state = 'streaming' AND sync_state = '{state}'
            )
            """,
        )
        # Whether commits wait is decided by the checkpointer, once it has read the settings: before it does this.
        await self._execute(self.primary, "CHECKPOINT")

    async def _position(self, node: Node) -> int:
        operator = await node.connect()
        try:
            return int(await operator.fetchval("SELECT coalesce(max(position), 0) FROM fourfold.events"))
        finally:
            await operator.close()

    async def _wait_until(self, node: Node, question: str) -> None:
        operator = await node.connect()
        try:
            async with asyncio.timeout(_LIMIT_S):
                while True:
                    if await operator.fetchval(question):
                        return
                    await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await operator.close()

    async def _execute(self, node: Node, statement: str) -> None:
        operator = await node.connect()
        try:
            await operator.execute(statement)
        finally:
            await operator.close()
