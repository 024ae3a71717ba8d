"""Each socket is an open file, and most systems allow a process only 1,024 until it asks for more."""

import resource
from typing import Final

from tests.load.options import Options
from tests.load.target import TargetError

OTHER_FILES: Final = 200
"""What a process needs besides websockets: HTTP connections, logs, libraries."""


def allow_open_files(options: Options, generators: int) -> None:
    """Raise the limit of this process and those it starts to what a generator process needs.

    Raises:
        TargetError: the system does not allow so many.
    """
    wanted = sockets_of(options) // generators + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TargetError(
            f"This takes {wanted:,} open files in each generator process, but the system allows {hard:,}: ask for "
            f"fewer --games, --watchers or --sockets, for more --generators, or raise the limit (ulimit -Hn)."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def sockets_of(options: Options) -> int:
    """Return how many websockets a run has."""
    of_a_player = options.sockets if options.scenario == "race" else 1
    return options.games * (2 * of_a_player + options.watchers) + options.mute
