"""What a socket does with frames it does not understand, as such: it says so, a few times, and then hangs up."""

import json
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.contract.client import Api, Json, Socket

LIMIT = 4096
PATIENCE = 100


async def test_a_bad_frame_is_answered_and_the_socket_lives_on(api: Api) -> None:
    """One slip of a client must not cost a player the connection in mid-game."""
    match = await api.match()
    async with api.socket() as guest:
        await guest.send_raw("no JSON")
        error = await guest.next()
        assert (error["type"], error["code"]) == ("error", "bad_message")
        assert error["message"]
        assert (await guest.watch(match.game))["type"] == "events"


async def test_the_first_few_bad_frames_are_forgiven_and_endless_ones_are_not(api: Api) -> None:
    async with api.socket() as guest:
        try:
            for _ in range(PATIENCE):
                await guest.send_raw("no JSON")
                await guest.next()
        except ConnectionClosed as end:
            assert end.rcvd is not None  # noqa: PT017
            assert end.rcvd.code == 1008  # noqa: PT017
        errors = [frame["code"] for frame in guest.frames[1:]]
    assert 3 <= len(errors) < PATIENCE
    assert set(errors) == {"bad_message"}


async def test_a_client_that_was_closed_may_connect_again(api: Api) -> None:
    match = await api.match()
    async with api.socket(match.players[0]) as socket:
        await _pester(socket)
        assert await socket.closing() == 1008
    async with api.socket(match.players[0]) as socket:
        assert (await socket.watch(match.game))["type"] == "events"


async def test_the_bad_frames_of_one_socket_do_not_disturb_another(api: Api) -> None:
    match = await api.match()
    async with api.socket(match.players[0]) as calm, api.socket(match.players[0]) as wild:
        await calm.watch(match.game)
        await _pester(wild)
        assert await wild.closing() == 1008
        await api.play(match, "D")
        await calm.until_version(match.game, 3)
        assert {frame["type"] for frame in calm.frames} == {"welcome", "events"}


async def test_a_frame_of_just_the_limit_is_read(api: Api) -> None:
    match = await api.match()
    async with api.socket() as guest:
        await guest.send_raw(_padded({"type": "watch", "game": match.game, "after": 0}, LIMIT))
        assert (await guest.next())["type"] == "events"


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT, 16 * LIMIT, 25 * LIMIT])
async def test_a_frame_over_the_limit_ends_the_socket(api: Api, size: int) -> None:
    """The close code says why: 1009. As long as the frame could be held at all, an error says it before."""
    match = await api.match()
    async with api.socket() as guest:
        await guest.send_raw(_padded({"type": "watch", "game": match.game, "after": 0}, size))
        assert await guest.closing() == 1009
        assert {frame["type"] for frame in guest.frames[1:]} <= {"error"}
        assert {frame["code"] for frame in guest.frames[1:]} <= {"too_large"}


async def test_the_limit_counts_bytes_and_not_characters(api: Api) -> None:
    async with api.socket() as guest:
        await guest.send_raw(json.dumps({"type": "watch", "game": "\u00e9" * (LIMIT - 100)}, ensure_ascii=False))
        assert (await guest.next())["code"] == "too_large"
        assert await guest.closing() == 1009


@pytest.mark.parametrize("frame", [b"", b"\x00", b"\xff" * 100, b'{"type":"unwatch","game":"abc"}'])
async def test_a_binary_frame_is_a_bad_message(api: Api, frame: bytes) -> None:
    async with api.socket() as guest:
        await guest.send_raw(frame)
        assert (await guest.next())["code"] == "bad_message"


async def test_a_message_in_fragments_is_one_message(api: Api) -> None:
    """How the network cuts a message is no business of the protocol."""
    match = await api.match()
    text = json.dumps({"type": "watch", "game": match.game, "after": 0})
    async with api.socket() as guest:
        await guest.connection.send([text[:5], text[5:20], text[20:]])
        assert (await guest.next())["type"] == "events"


async def test_a_ping_is_answered(api: Api) -> None:
    async with api.socket() as guest:
        await (await guest.connection.ping())


async def _pester(socket: Socket) -> None:
    """Send bad frames until the server has had enough, or for a good while."""
    with suppress(ConnectionClosed):
        for _ in range(PATIENCE):
            await socket.send_raw("no JSON")


def _padded(message: Json, size: int) -> str:
    return json.dumps(message).ljust(size)
