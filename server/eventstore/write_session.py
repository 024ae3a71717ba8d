"""The session that a process writes with. Nobody else uses it, so no read can hold an append up."""

import asyncio
from collections.abc import Sequence
from typing import Final, cast

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from server.database.errors import REFUSED_FOR_GOOD, ReplicationWaitCutError
from server.database.sessions import COMMAND_TIME_LIMIT_S, Connect, Session
from server.database.timeline import Timeline
from server.eventstore.batch import APPEND, Answer, Append, columns, newest_of
from server.eventstore.history import History

_LEAVES_THE_SESSION_USABLE: Final = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    *REFUSED_FOR_GOOD,
)

_WAITS_FOR_STANDBYS: Final = "syncrep.c"


class WriteSession:
    """Writes batches on the timeline that the feed is subscribed to, and on no other."""

    def __init__(self, connect: Connect, history: History) -> None:
        self._loop = asyncio.get_running_loop()
        self._connect = connect
        self._history = history
        self._session: Session | None = None
        self._statement: PreparedStatement[asyncpg.Record] | None = None
        self._is_wait_cut = False

    async def open(self) -> None:
        """Wait until the feed is subscribed and there is a session on its timeline; one is opened if there is none.

        Returns without giving others a turn if all is so already.

        Raises:
            One of `CONNECTION_LOST`, asyncpg.PostgresError: no such session could be opened.
        """
        while not self._history.subscribed.is_set() or not self._is_on_its_timeline():
            await self._history.subscribed.wait()
            if not self._is_on_its_timeline():
                await self._reopen()

    async def append(self, appends: Sequence[Append]) -> list[Answer]:
        """Carry out a batch in one transaction; return what became of each append, in their order.

        The answer comes once the transaction is replicated as `synchronous_commit` demands. Call it right after
        `open`, without waiting for anything in between.

        Raises:
            One of `CONNECTION_LOST`: whether the transaction was committed, or replicated, is unknown.
            asyncpg.PostgresError: it was not.
        """
        session, statement = self._session, self._statement
        if session is None or statement is None:
            raise TypeError("open() comes before append()")
        # Not asyncpg's own time limit, which would have the server cancel: that ends the wait for replication and
        # lets everybody see a commit that no standby has. A session cut off leaves it waiting, with its locks.
        cut_off = self._loop.call_later(COMMAND_TIME_LIMIT_S, session.terminate)
        self._is_wait_cut = False
        try:
            answers = cast("list[Answer]", await statement.fetch(*columns(appends)))
        except _LEAVES_THE_SESSION_USABLE:
            raise
        except BaseException:
            self.close()
            raise
        finally:
            cut_off.cancel()
        if self._is_wait_cut:
            raise ReplicationWaitCutError("the wait for a standby was cancelled: committed, but not replicated")
        if newest := newest_of(appends, answers):
            self._history.know(newest)
        return answers

    def close(self) -> None:
        """Cut the session off; `open` opens another one."""
        if self._session is not None:
            self._session.terminate()
            self._session = None

    async def _reopen(self) -> None:
        self.close()
        session = await self._connect(accepts=self._accepts, command_time_limit_s=None)
        session.add_log_listener(self._on_log_message)
        try:
            self._statement = await session.prepare(APPEND, timeout=COMMAND_TIME_LIMIT_S)
        except BaseException:
            session.terminate()
            raise
        self._session = session

    def _on_log_message(self, _connection: object, message: asyncpg.PostgresLogMessage) -> None:
        # The driver calls this before it hands out the result. PostgreSQL gives the warning no code of its own and
        # may translate its text, but it says where in its source the warning comes from.
        if getattr(message, "server_source_filename", None) == _WAITS_FOR_STANDBYS:
            self._is_wait_cut = True

    def _is_on_its_timeline(self) -> bool:
        session = self._session
        return session is not None and not session.is_closed() and self._history.follows(session.timeline)

    def _accepts(self, timeline: Timeline) -> bool:
        if self._history.follows(timeline):
            return True
        self._history.notice(timeline)
        return False
