"""Log lines: on standard error, one line for one event, as text for people or as JSON for programs."""

import logging
import sys
import time

import msgspec

_QUIET = ("uvicorn", "asyncio", "websockets")


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00Z WARNING server.x: text`; line breaks in a message are escaped: nobody forges a line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        """Return the line without the traceback, which follows on lines of its own."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")


class JsonFormatter(logging.Formatter):
    """One JSON object a line; a traceback is one of its fields."""

    def __init__(self) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line = {
            "at": self.formatTime(record, self.datefmt) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        # What came from outside may hold half a surrogate pair, which isn't text.
        return msgspec.json.encode({name: _as_text(value) for name, value in line.items()}).decode()


def set_up_logs(log_format: str) -> None:
    """Send everything from INFO up to standard error; of the libraries only what deserves attention."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)


def _as_text(value: str | int | None) -> str | int | None:
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Drop what uvicorn logs for each websocket that was properly refused: anybody could fill the log with it."""
    return record.msg != "ASGI callable returned without completing handshake."
