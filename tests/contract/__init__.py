"""A client that knows the wire contract and nothing of the server's code, and what it finds out with it."""
