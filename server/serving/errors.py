"""Why a server cannot serve."""


class ServingError(Exception):
    """The server cannot start; the message says why and what to do. Nothing is left running."""
