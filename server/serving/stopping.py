"""What SIGINT, SIGTERM and SIGHUP mean, which depends on what is going on when they come."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Reaction = Callable[[int], None]


class StopRequested(BaseException):
    """Somebody wants the server to end while it is still starting. No error: who catches errors lets it pass."""


class StopSignals:
    """Handles the signals that ask for an end, until the end of its block.

    At first they raise `StopRequested`, once. From `react` on they call what was given instead; uvicorn puts its
    own handlers over these while it serves, and sends what came again afterwards.
    """

    def __init__(self) -> None:
        self._reaction: Reaction = self._give_up
        self._before: dict[signal.Signals, Any] = {}

    def react(self, reaction: Reaction) -> None:
        """Call `reaction` with each signal from now on. It runs between any two instructions: it only notes."""
        self._reaction = reaction

    def ignore(self) -> None:
        """Do nothing from now on."""
        self.react(lambda _: None)

    def __enter__(self) -> Self:
        self._before = {signum: signal.signal(signum, self._handle) for signum in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)

    def _handle(self, signum: int, _frame: FrameType | None) -> None:
        self._reaction(signum)

    def _give_up(self, _signum: int) -> None:
        self.ignore()  # a second one must not interrupt the tidying up
        raise StopRequested
