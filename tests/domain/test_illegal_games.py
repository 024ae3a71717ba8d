"""Logs that cannot be: the Python fold refuses each at the event named, and so does the verification.

The page's fold is held against the same file in the browser.
"""

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.cli.audit.lines import LoggedEvent
from server.cli.audit.streams import Finding, StreamChecks
from server.domain.errors import BrokenLogError
from server.domain.game import UNOPENED, Game, evolve
from server.domain.vocabulary import GameId, Version
from server.eventstore.codec import EVENT_TYPES, StoredEvent, decode
from server.eventstore.errors import UnknownEventTypeError
from tests.golden import illegal
from tests.golden.appends import schema_version_of

LOGS: list[dict[str, Any]] = json.loads(illegal.FILE.read_text(encoding="utf-8"))

GAME = GameId("g")


def stored(event: dict[str, Any]) -> StoredEvent:
    data = msgspec.Raw(msgspec.json.encode(event["data"]))
    return StoredEvent(
        1, GAME, event["version"], event["type"], schema_version_of(event), data, UUID(int=event["version"]), 0
    )


def logged(event: dict[str, Any], step: int) -> LoggedEvent:
    at = msgspec.convert(event["at"], LoggedEvent.__annotations__["recorded_at"], strict=False)
    data = msgspec.Raw(msgspec.json.encode(event["data"]))
    command = UUID(int=event["version"] - step + 1)
    version, schema_version = Version(event["version"]), schema_version_of(event)
    return LoggedEvent(GAME, version, event["type"], schema_version, data, command, step, at)


def refused_by_the_fold(events: list[dict[str, Any]]) -> int | None:
    game: Game = UNOPENED
    for event in events:
        try:
            game = evolve(game, decode(stored(event)).event)
        except (BrokenLogError, UnknownEventTypeError, msgspec.ValidationError):
            return int(event["version"])
    return None


def refused_by_the_verification(log: dict[str, Any]) -> int | None:
    checks, findings = StreamChecks(), list[Finding]()
    for place, (event, step) in enumerate(zip(log["events"], log["steps"], strict=True), start=1):
        findings += checks.check(place, logged(event, step))
    findings += checks.finish()
    return min((finding.place for finding in findings), default=None)


def test_the_illegal_logs_are_what_their_maker_writes() -> None:
    assert illegal.FILE.read_text(encoding="utf-8") == illegal.text(), "run: python -m tests.golden.illegal"


def test_every_type_of_event_is_refused_somewhere() -> None:
    assert set(EVENT_TYPES) <= {log["events"][-1]["type"] for log in LOGS}


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log["name"])
def test_the_fold_refuses_what_cannot_be(log: dict[str, Any]) -> None:
    assert refused_by_the_fold(log["events"]) == log["refused_at"]


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log["name"])
def test_the_verification_refuses_what_cannot_be(log: dict[str, Any]) -> None:
    assert refused_by_the_verification(log) == log["verification_refuses_at"]
