"""The log of events on Postgres: append with an expected version, read, and follow what is appended.

Knows the events, but not the rules of the game. What it promises stands in `server/README.md`.
"""
