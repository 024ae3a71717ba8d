"""A primary and a standby made from the PostgreSQL that the server brings with it, to fail over between them.

`cluster` is the entry point; `node` is one PostgreSQL, `copying` makes its data directory, `sweep` cleans up.
"""
