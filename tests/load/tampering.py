"""A server that lies: our own, but one `events` message to one guest is tampered with on its way out.

Only a load test whose verdict notices it may call an honest server honest.
"""

import argparse
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, ClassVar, Final

import msgspec
from websockets.http11 import Request

from server.app import create_app
from server.serving.greeting import address_of
from server.serving.listening import listening
from server.serving.logs import set_up_logs
from server.serving.single import OrderlyServer, uvicorn_config
from server.serving.stopping import StopRequested, StopSignals
from server.serving.uvicorn_adapter import WebSocketAdapter
from server.settings.settings import read_settings

HOST: Final = "127.0.0.1"
LIE_AT: Final = 7
"""The version that is lied about: late enough for the game to be under way, long before it ends."""

Event = dict[str, Any]


def lost(_before: Event, after: Event) -> list[Event]:
    """Leave an event out."""
    return [after]


def doubled(before: Event, after: Event) -> list[Event]:
    """Tell an event twice."""
    return [before, before, after]


def reordered(before: Event, after: Event) -> list[Event]:
    """Tell two events in the wrong order."""
    return [after, before]


def forged(before: Event, after: Event) -> list[Event]:
    """Tell of another column."""
    column = "A" if before["data"]["column"] != "A" else "B"
    return [{**before, "data": {**before["data"], "column": column}}, after]


Plant = Callable[[Event, Event], list[Event]]
PLANTS: Final[dict[str, Plant]] = {plant.__name__: plant for plant in (lost, doubled, reordered, forged)}


class Tampering(WebSocketAdapter):
    """A websocket that holds one event back, and tells it together with the next one, as a lie."""

    plant: ClassVar[Plant]
    liar: ClassVar["Tampering | None"] = None  # the one socket that lies, or has lied
    _held: Event | None = None
    _is_guest: bool = False

    def handle_connect(self, event: Request) -> None:
        """Note who this is: players could not go on with a game that they are lied to about."""
        self._is_guest = "Authorization" not in event.headers
        super().handle_connect(event)

    def write_messages(self, messages: Iterable[bytes]) -> None:
        """Send what is true, or the lie."""
        if self._is_guest and Tampering.liar in (None, self):
            messages = [self._told(message) for message in messages]
        super().write_messages(messages)

    def _told(self, payload: bytes) -> bytes:
        message = msgspec.json.decode(payload)
        if message["type"] == "events":
            message["events"] = [told for event in message["events"] for told in self._lie(event)]
        return msgspec.json.encode(message)

    def _lie(self, event: Event) -> list[Event]:
        if (event["version"], event["type"]) == (LIE_AT, "MoveMade") and Tampering.liar is None:
            Tampering.liar, self._held = self, event
            return []
        if self._held is not None:
            before, self._held = self._held, None
            return Tampering.plant(before, event)
        return [event]


def main() -> None:
    """Serve on DATABASE_URL until SIGTERM; print the address once the application is ready."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.tampering", description=main.__doc__)
    parser.add_argument("--plant", choices=PLANTS, required=True, help="what to do to the events")
    parser.add_argument("--port", type=int, default=0, help="where to listen (default: any free port)")
    chosen = parser.parse_args()
    Tampering.plant = staticmethod(PLANTS[chosen.plant])
    set_up_logs("text")
    settings = read_settings({"database_url": os.environ["DATABASE_URL"]})
    app = create_app(settings)
    with StopSignals() as signals, listening(HOST, chosen.port) as listener:
        config, address = uvicorn_config(app, settings, Tampering), address_of(listener)
        server = OrderlyServer(config, app, lambda: print(address, flush=True))
        signals.react(lambda signum: server.handle_exit(signum, None))
        server.run([listener])


if __name__ == "__main__":
    with suppress(StopRequested):
        main()
