"""How the references are served: as our own server is, so that a comparison is about what lies above uvicorn."""

import resource
from typing import Final

from starlette.applications import Starlette
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.serving.greeting import address_of
from server.serving.listening import listening
from server.serving.logs import set_up_logs
from server.serving.single import OrderlyServer, uvicorn_config
from server.serving.stopping import StopRequested, StopSignals
from server.settings.settings import read_settings

HOST: Final = "127.0.0.1"


def serve(app: Starlette, port: int) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; print the address once the application is ready. Port 0 is any.

    Raises:
        ServingError: the port cannot be used.
        SystemExit: the application did not start; uvicorn has logged why.
    """
    set_up_logs("text")
    _allow_open_files()
    app.state.begin_shutdown = lambda: None  # `OrderlyServer` calls it; a reference has nothing to wind down
    with StopSignals() as signals:
        try:
            with listening(HOST, port) as listener:
                address = address_of(listener)
                server = OrderlyServer(
                    uvicorn_config(app, read_settings({}, {}), WebSocketsSansIOProtocol),
                    app,
                    lambda: print(address, flush=True),
                )
                signals.react(lambda signum: server.handle_exit(signum, None))
                server.run([listener])
        except StopRequested:
            pass


def _allow_open_files() -> None:
    """Each socket is an open file, and most systems allow a process only 1,024 until it asks for more."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
