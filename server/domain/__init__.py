"""The rules of Connect Four as pure functions: no I/O, no clock, no chance, nothing but Python.

`decide(command, game)` says what happens, `evolve(game, event)` what that makes of the game.

- `vocabulary`, `board`, `clocks`, `terms`, `draws`, `rematch`: the values.
- `events`, `commands`, `errors`: what can have happened, what can be asked for, and why it may be refused.
- `states`, `game` (with `endings`, `timekeeping`, `play_on`): the statuses of a game, and the fold to them.
- `decide`, `rules`: what a command makes happen. `crossing`: which events it may have missed. `repeated`: whether
  it is one that was carried out before.
"""
