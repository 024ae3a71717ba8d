"""Which events a command may cross: which may have happened unseen by whoever asked for it, and change nothing.

A command names the version that its player saw. If the game has moved on, the command is decided again without
asking only where it still means what it meant.
"""

from typing import assert_never

from server.domain.commands import ClaimDraw, ClaimWin, Command, ExpireGame
from server.domain.events import (
    DrawDeclined,
    DrawOffered,
    GameEvent,
    GameFinished,
    GameOpened,
    GameStarted,
    MoveMade,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    TimeCredited,
)


def may_cross(command: Command, event: GameEvent) -> bool:
    """Whether `command` means the same after `event` as before it."""
    if isinstance(command, ClaimWin | ClaimDraw | ExpireGame):
        return False  # these rest on nobody being there, and every event may show that somebody is
    return leaves_the_position(event)


def leaves_the_position(event: GameEvent) -> bool:
    """Whether board and turn after `event` are what the players saw before it."""
    match event:
        case DrawOffered() | DrawDeclined() | TimeCredited():
            return True
        case RematchOffered() | RematchDeclined() | RematchAccepted():
            return True
        case GameOpened() | GameStarted() | MoveMade() | GameFinished():
            return False
        case _:
            assert_never(event)
