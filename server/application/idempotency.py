"""Whether a command id that is in the log already belongs to the command that arrives under it.

An id proves nobody and says nothing: it belongs to the player and the content that it was first used with. What the
log holds under it tells both, so any process can compare, at any later time.
"""

from collections.abc import Sequence

from server.application.live_game import LiveGame
from server.domain.commands import Command
from server.domain.errors import CommandIdTakenError
from server.domain.game import fold
from server.domain.repeated import led_to
from server.eventstore.codec import RecordedEvent


def ensure_same_command(command: Command, live: LiveGame, past: Sequence[RecordedEvent]) -> None:
    """Return if `past`, the events that a game's history holds under an id, are what `command` led to.

    Raises:
        CommandIdTakenError: another player, or another command, used the id.
    """
    before = fold(recorded.event for recorded in live.history[: past[0].version - 1])
    if not led_to(command, before, [recorded.event for recorded in past]):
        raise CommandIdTakenError
