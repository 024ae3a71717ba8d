"""What can go wrong with the bundled PostgreSQL."""


class EmbeddedPostgresError(Exception):
    """The server's own PostgreSQL cannot be made, started or stopped; the message says why and what to do."""
