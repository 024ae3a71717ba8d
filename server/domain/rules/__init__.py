"""The rules, by what is asked for: each function says what a command makes happen, or raises why it is refused.

`server.domain.decide` is the one way in.
"""
