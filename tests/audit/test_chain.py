"""Tampering that keeps to the rules shows against a head that was noted down."""

import hashlib

import pytest

from server.database.sessions import Connection
from server.eventstore.store import EventStore
from tests.audit.conftest import Export, Play, verify
from tests.audit.tampering import delete, insert, swap, tamper, update

LEGAL: dict[str, str | tuple[str, ...]] = {
    "the loser is the winner": update('data = data || \'{"result": "PLAYER_TWO_WON"}\'', 16),
    "another column, without effect": update("""data = '{"player": "ann", "column": "G"}'""", 15),
    "another time": update("recorded_at = recorded_at + interval '1 microsecond'", 14),
    "another command": update("command_id = gen_random_uuid()", 14),
    "another name of a game": "UPDATE fourfold.events SET stream = 'lost' WHERE stream = 'won'",
    "two games swapped": swap(16, 17),
    "the last event gone": delete(17),
    "the last game gone and another in its place": (
        delete(17),
        insert("new", 1, "GameOpened", '{"opener": "bob", "color": "red", "public": true}', 17).replace("18", "17"),
    ),
    "everything gone": "DELETE FROM fourfold.events",
}


@pytest.mark.parametrize("name", LEGAL)
async def test_what_is_legal_but_not_what_it_was_is_found_by_the_noted_head(
    played: str, owner: Connection, name: str
) -> None:
    """Tampering that keeps to the rules can only show against something the tamperer could not reach."""
    noted = (await verify(played)).head
    await tamper(owner, LEGAL[name])
    assert (await verify(played)).is_sound
    verified = await verify(played, noted)
    assert not verified.is_sound
    assert "noted" in verified.lines[0]


async def test_a_log_that_only_grew_still_has_every_head_that_was_noted(played: str, store: EventStore) -> None:
    noted = [(await verify(played)).head]
    for name in ("more", "most"):
        await Play(store, name).begin()
        noted.append((await verify(played, *noted)).head)
    assert [head.position for head in noted] == [17, 19, 21]
    assert (await verify(played, *noted)).is_sound


async def test_several_heads_narrow_down_where_it_was_changed(
    played: str, store: EventStore, owner: Connection
) -> None:
    noted = [(await verify(played)).head]
    for name in ("more", "most", "last"):
        await Play(store, name).begin()
        noted.append((await verify(played)).head)
    await tamper(owner, update("recorded_at = recorded_at + interval '1 microsecond'", 20))
    verified = await verify(played, *noted)
    assert not verified.is_sound
    assert "after position 19 and up to position 21" in verified.lines[0]


async def test_the_head_can_be_computed_by_anybody_from_an_export(played: str, export: Export) -> None:
    """The recipe of the docstring, and nothing of our code."""
    link = bytes(32)
    for position, line in enumerate((await export(played)).splitlines()):
        if position > 0:
            link = hashlib.sha256(link + b"%d " % position + line).digest()
    assert (await verify(played)).lines[-1] == f"17:{link.hex()}"
