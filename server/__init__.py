"""Fourfold: a real-time multiplayer Connect Four server, event-sourced on Postgres."""

__version__ = "0.1.0"
