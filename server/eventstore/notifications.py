"""What a notification carries: events that were appended, or only where in the log they are."""

import logging
from typing import Final

import msgspec

from server.eventstore.codec import StoredEvent

CHANNEL: Final = "fourfold_events"

_payload = msgspec.json.Decoder(list[StoredEvent | int])

_log = logging.getLogger(__name__)


def events_following(payload: str, position: int) -> tuple[list[StoredEvent], bool]:
    """Return the events of a notification that follow a position, and whether nothing is missing up to its end.

    Something is missing where the notification leaves a gap or only points to an event, and it may be where the
    notification is not ours.
    """
    try:
        events = _payload.decode(payload)
    except msgspec.DecodeError:
        _log.warning("a notification that is not ours on %s: %.80r", CHANNEL, payload)
        return [], False
    following: list[StoredEvent] = []
    for event in events:
        at = event if isinstance(event, int) else event.position
        if at <= position:
            continue
        if isinstance(event, int) or at > position + 1:  # a pointer, or a gap
            return following, False
        following.append(event)
        position = at
    return following, True
