"""The bundled PostgreSQL, as one object to start and stop."""

from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from server.embedded.account import Account, account_for
from server.embedded.cluster import DATABASE, OWNER, cluster_version, make_cluster, set_password
from server.embedded.data_dir import DataDir, Running, make_throw_away_dir
from server.embedded.errors import EmbeddedPostgresError
from server.embedded.postmaster import Postmaster, start_postmaster
from server.embedded.programs import Programs, find_programs


class EmbeddedPostgres:
    """A PostgreSQL of our own in a data directory, from `start` to `stop`.

        with EmbeddedPostgres(Path("data")) as url: ...
        with EmbeddedPostgres.ephemeral() as url: ...

    The address is that of the role that owns the database; it may create roles and databases. It works in this
    process and in its children. Start it in the main thread: PostgreSQL stops when the starting thread ends,
    and so cannot outlive us. What was committed survives a `kill -9` of everything, unless it is ephemeral.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._dir: DataDir | None = DataDir(data_dir)
        self._durable = durable
        self._is_ephemeral = False
        self._postmaster: Postmaster | None = None

    @classmethod
    def ephemeral(cls) -> Self:
        """Return one with a new data directory that is deleted by `stop`, and that trades durability for speed."""
        made = cls(Path(), durable=False)
        made._dir = None
        made._is_ephemeral = True
        return made

    @property
    def data_dir(self) -> Path:
        """Where everything lies. An ephemeral one is known from `start` on."""
        return self._data_dir().path

    @property
    def pid(self) -> int:
        """The process id of PostgreSQL's main process."""
        if self._postmaster is None:
            raise EmbeddedPostgresError("PostgreSQL is not started.")
        return self._postmaster.pid

    @property
    def is_alive(self) -> bool:
        """Whether PostgreSQL runs."""
        return self._postmaster is not None and self._postmaster.is_alive

    def start(self) -> str:
        """Start PostgreSQL, make its cluster first if there is none, and return the database's address.

        Raises:
            EmbeddedPostgresError: it cannot be started; nothing is left running.
        """
        try:
            if self._is_ephemeral:
                self._dir = make_throw_away_dir()
            else:
                self._data_dir().hold()
            return self._start()
        except OSError as error:
            self.stop()
            raise EmbeddedPostgresError(f"The data directory cannot be used: {error}.") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop PostgreSQL and remove what exists only while it runs. May be called at any time, also twice."""
        if self._postmaster is not None:
            self._postmaster.stop()
            self._postmaster = None
        if self._dir is None or not self._dir.is_held:
            return
        self._dir.forget_running()
        if self._is_ephemeral:
            self._dir.delete()
        self._dir.release()

    def hurry(self) -> None:
        """Make a `stop` that is in progress in this thread end at once. For a signal handler."""
        if self._postmaster is not None:
            self._postmaster.hurry()

    def disown(self) -> None:
        """In a forked child: leave PostgreSQL and its data directory to the parent."""
        self._postmaster = None
        self._data_dir().release()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> str:
        data_dir = self._data_dir()
        data_dir.keep_log_small()
        account = account_for(data_dir.cluster)
        version = cluster_version(data_dir.cluster)
        programs = find_programs(account, version)
        if version is None:
            make_cluster(data_dir, programs, account, durable=self._durable)
        elif data_dir.read_password() is None:
            set_password(data_dir, data_dir.cluster, programs, account)
        return self._run(data_dir, programs, account)

    def _run(self, data_dir: DataDir, programs: Programs, account: Account) -> str:
        socket_dir = data_dir.make_socket_dir(account.may_enter)
        account.own(socket_dir)
        self._postmaster = start_postmaster(data_dir, socket_dir, programs, account, durable=self._durable)
        # Everything is spelled out, since drivers would fill gaps from PGPORT, PGSSLMODE and the like.
        complete = {"port": "5432", "sslmode": "disable", "target_session_attrs": "any"}
        parameters = urlencode({"host": str(socket_dir), **complete}, safe="/")
        password = quote(data_dir.read_password() or "", safe="")
        url = f"postgresql://{OWNER}:{password}@/{DATABASE}?{parameters}"
        data_dir.announce(Running(self._postmaster.pid, url))
        return url

    def _data_dir(self) -> DataDir:
        if self._dir is None:
            raise EmbeddedPostgresError("An ephemeral PostgreSQL has a data directory only once it is started.")
        return self._dir


def find_postgres(data_dir: Path) -> str:
    """Say which PostgreSQL would run on this data directory, and as whom, without starting it.

    Raises:
        EmbeddedPostgresError: there is none.
    """
    cluster = DataDir(data_dir).cluster
    account = account_for(cluster)
    programs = find_programs(account, cluster_version(cluster))
    return f"{programs.release} in {programs.directory}, run by {account.name}"
