"""The rules of Connect Four as pure functions: no I/O, no clock, no chance, nothing but Python.

`decide(command, game)` says what happens, `evolve(game, event)` what that makes of the game.
"""
