"""The websocket of somebody who watches: welcome, watch, unwatch, and events in order, without hole or repeat."""

import re
import uuid

from tests.contract.client import Api, Socket, make_move, versions


async def test_a_guest_is_welcomed_as_nobody(api: Api) -> None:
    async with api.socket() as guest:
        assert guest.welcome == {"type": "welcome", "protocol": 1, "player": None}


async def test_a_player_is_welcomed_by_id_and_name(api: Api) -> None:
    ann = await api.player("Ann")
    async with api.socket(ann) as socket:
        assert socket.welcome["player"] == {"id": ann.id, "name": "Ann"}


async def test_the_cookie_of_a_player_is_as_good_as_the_token(api: Api) -> None:
    ann = await api.player("Ann")
    async with api.socket(headers={"Cookie": ann.cookie, "Origin": api.url}) as socket:
        assert socket.welcome["player"] == {"id": ann.id, "name": "Ann"}


async def test_watching_from_0_brings_the_whole_game(api: Api) -> None:
    match = await api.match("DDE")
    async with api.socket() as guest:
        await guest.watch(match.game)
        events = await guest.until_version(match.game, 5)
    assert versions(events) == [1, 2, 3, 4, 5]
    assert [event["type"] for event in events] == ["GameOpened", "GameStarted", *["MoveMade"] * 3]
    assert [event["data"]["column"] for event in events[2:]] == list("DDE")


async def test_the_socket_and_http_serve_the_same_events(api: Api) -> None:
    match = await api.match("DDE")
    async with api.socket() as guest:
        await guest.watch(match.game)
        assert await guest.until_version(match.game, 5) == await api.events(match.game)


async def test_watching_after_a_version_brings_only_what_came_later(api: Api) -> None:
    """A page that comes back after a tunnel asks for what it missed, and for nothing else."""
    match = await api.match("DDE")
    async with api.socket() as guest:
        await guest.watch(match.game, after=3)
        assert versions(await guest.until_version(match.game, 5)) == [4, 5]


async def test_watching_after_the_newest_version_is_answered_with_no_events(api: Api) -> None:
    """Without an answer a client could not tell 'nothing new' from 'not yet received'."""
    match = await api.match("D")
    async with api.socket() as guest:
        assert (await guest.watch(match.game, after=3))["events"] == []


async def test_watching_after_a_version_that_is_not_there_yet_is_refused(api: Api) -> None:
    """Such a client has seen a log that this one is not; silence would leave it wrong for ever."""
    match = await api.match()
    async with api.socket() as guest:
        answer = await guest.watch(match.game, after=3)
    assert (answer["type"], answer["code"], answer["version"]) == ("rejected", "wrong_expected_version", 2)


async def test_watching_after_an_event_that_is_not_the_one_in_the_log_is_refused(api: Api) -> None:
    """After a failover that lost the end of the log, a version number can belong to another event."""
    match = await api.match("DE")
    events = await api.events(match.game)
    async with api.socket() as guest:
        watch = {"type": "watch", "game": match.game, "after": 3, "at": events[2]["at"]}
        await guest.send(watch)
        answer = await guest.until(lambda frame: frame["type"] in ("events", "rejected"))
        assert versions(answer["events"]) == [4]
        await guest.send(watch | {"at": "2024-07-10T08:30:00.000Z"})
        answer = await guest.until(lambda frame: frame["type"] in ("events", "rejected"))
    assert (answer["type"], answer["code"], answer["version"]) == ("rejected", "wrong_expected_version", 4)
    assert answer["events"] == events


async def test_an_unknown_game_can_not_be_watched(api: Api) -> None:
    async with api.socket() as guest:
        answer = await guest.watch("no-such-game")
    assert (answer["type"], answer["code"]) == ("rejected", "unknown_game")


async def test_each_live_event_arrives_once_and_in_order(api: Api) -> None:
    match = await api.match()
    async with api.socket() as guest:
        await guest.watch(match.game)
        await api.play(match, "ABCDEFG")
        assert versions(await guest.until_version(match.game, 9)) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


async def test_an_opener_who_watches_sees_the_opponent_come(api: Api) -> None:
    ann, bob = await api.player("Ann"), await api.player("Bob")
    game = await api.open_game(ann, color="yellow")
    async with api.socket(ann) as socket:
        await socket.watch(game)
        await api.join(game, bob)
        started = (await socket.until_version(game, 2))[-1]
    assert started["type"] == "GameStarted"
    assert started["data"] == {"player_one": bob.id, "player_two": ann.id}


async def test_watching_again_starts_again_and_repeats_nothing(api: Api) -> None:
    """A client that watches twice is one watcher: each later event must still come once."""
    match = await api.match("D")
    async with api.socket() as guest:
        await guest.watch(match.game)
        await guest.until_version(match.game, 3)
        assert versions((await guest.watch(match.game, after=1))["events"]) == [2, 3]
        before = len(guest.frames)
        await api.play(match, "D", version=3)
        await guest.until_version(match.game, 4)
        assert versions((await guest.watch(match.game, after=4))["events"]) == []
        live = [event for frame in guest.frames[before:] for event in frame["events"]]
    assert versions(live) == [4]


async def test_after_unwatch_no_more_events_come(api: Api) -> None:
    match, other = await api.match(), await api.match()
    async with api.socket() as guest, api.socket() as witness:
        await witness.watch(match.game)
        await guest.watch(match.game)
        await guest.until_version(match.game, 2)
        await guest.send({"type": "unwatch", "game": match.game})
        await guest.watch(other.game)
        await api.play(match, "D")
        await witness.until_version(match.game, 3)
        await guest.watch(other.game)
        assert versions(guest.events(match.game)) == [1, 2]


async def test_a_game_can_be_watched_again_after_unwatch(api: Api) -> None:
    match = await api.match()
    async with api.socket() as guest:
        await guest.watch(match.game)
        await guest.until_version(match.game, 2)
        await guest.send({"type": "unwatch", "game": match.game})
        await guest.watch(match.game, after=2)
        await api.play(match, "D")
        assert versions(await guest.until_version(match.game, 3)) == [1, 2, 3]


async def test_unwatching_what_is_not_watched_is_no_error(api: Api) -> None:
    match = await api.match()
    async with api.socket() as guest:
        await guest.send({"type": "unwatch", "game": match.game})
        await guest.send({"type": "unwatch", "game": "no-such-game"})
        assert (await guest.watch(match.game))["type"] == "events"
        assert [frame["type"] for frame in guest.frames] == ["welcome", "events"]


async def test_many_games_share_one_socket(api: Api) -> None:
    matches = [await api.match() for _ in range(5)]
    async with api.socket() as guest:
        for match in matches:
            await guest.watch(match.game)
        for match in matches:
            await api.play(match, "DE")
        for match in matches:
            assert versions(await guest.until_version(match.game, 4)) == [1, 2, 3, 4]


async def test_a_socket_learns_each_name_once(api: Api) -> None:
    """`players` names each id the first time a socket meets it, over all its games."""
    ann, bob, cid = await api.player("Ann"), await api.player("Bob"), await api.player("Cid")
    first, second = await api.open_game(ann, color="red"), await api.open_game(ann, color="red")
    await api.join(first, bob)
    await api.join(second, cid)
    async with api.socket() as guest:
        for game in (first, first, second):
            await guest.watch(game)
            await guest.until_version(game, 2)
        assert sorted(_names(guest)) == sorted([(ann.id, "Ann"), (bob.id, "Bob"), (cid.id, "Cid")])
    async with api.socket() as another:
        await another.watch(second)
        await another.until_version(second, 2)
        assert sorted(_names(another)) == sorted([(ann.id, "Ann"), (cid.id, "Cid")])


async def test_a_newcomer_is_named_in_the_frame_that_brings_them(api: Api) -> None:
    ann, bob = await api.player("Ann"), await api.player("Bob")
    game = await api.open_game(ann)
    async with api.socket() as guest:
        assert (await guest.watch(game))["players"] == {ann.id: "Ann"}
        await api.join(game, bob)
        await guest.until_version(game, 2)
        assert guest.frames[-1]["players"] == {bob.id: "Bob"}


async def test_every_event_says_when_it_was_recorded_in_utc(api: Api) -> None:
    match = await api.match("DD")
    times = [event["at"] for event in await api.events(match.game)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
    assert times == sorted(times)


async def test_a_game_can_be_played_without_watching_it(api: Api) -> None:
    """A command may be sent for a game this socket does not watch; it does not begin to watch by that."""
    match = await api.match()
    async with api.socket(match.players[0]) as socket:
        answer = await socket.ask(make_move(match.game, 2, "D"))
        assert (answer["type"], answer["version"]) == ("accepted", 3)
        await socket.watch((await api.match()).game)
        assert socket.events(match.game) == []


async def test_an_acceptance_holds_the_version_and_nothing_else(api: Api) -> None:
    match = await api.match()
    key = str(uuid.uuid4())
    async with api.socket(match.players[0]) as socket:
        assert await socket.ask(make_move(match.game, 2, "D", key=key)) == {
            "type": "accepted",
            "id": key,
            "game": match.game,
            "version": 3,
            "duplicate": False,
        }


async def test_what_is_accepted_is_in_the_log(api: Api) -> None:
    """`accepted` comes only after the commit: whoever asks next, anywhere, finds the event."""
    match = await api.match()
    async with api.socket(match.players[0]) as socket:
        await socket.ask(make_move(match.game, 2, "D"))
        assert versions(await api.events(match.game)) == [1, 2, 3]


def _names(socket: Socket) -> list[tuple[str, str]]:
    """Every id with its name, as often as it was sent."""
    return [named for frame in socket.frames if frame["type"] == "events" for named in frame["players"].items()]
