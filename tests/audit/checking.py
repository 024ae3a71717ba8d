"""Appends, to games of any name, as a verification sees them: without a database."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from server.cli.audit.lines import LoggedEvent
from server.cli.audit.streams import Finding, StreamChecks
from server.domain.commands import Command
from server.domain.decide import decide
from server.domain.events import GameEvent
from server.domain.game import fold
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import encode

Append = tuple[GameId, Sequence[GameEvent]]

_AT = datetime(2026, 11, 23, tzinfo=UTC)


def played(game: GameId, *commands: Command) -> list[Append]:
    """Return what commands make happen in a new game, an append each."""
    events: list[GameEvent] = []
    appends: list[Append] = []
    for command in commands:
        happened = decide(command, fold(events))
        events += happened
        appends.append((game, happened))
    return appends


def events_of(appends: Sequence[Append]) -> list[GameEvent]:
    return [event for _, events in appends for event in events]


def findings(appends: Sequence[Append]) -> list[tuple[str | None, int | None]]:
    """Return the game and the version of each finding."""
    checks, versions = StreamChecks(), Counter[GameId]()
    found: list[Finding] = []
    for number, (game, events) in enumerate(appends, start=1):
        for step, event in enumerate(events, start=1):
            versions[game] += 1
            type_, schema_version, data = encode(event)
            raw, version = msgspec.Raw(data.encode()), Version(versions[game])
            logged = LoggedEvent(game, version, type_, schema_version, raw, UUID(int=number), step, _AT)
            found += checks.check(versions.total(), logged)
    found += checks.finish()
    return [(finding.game, finding.version) for finding in found]
