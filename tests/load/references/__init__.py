"""Other servers, under the same load: what a figure of ours is held against.

- `per_move`: the textbook server, one transaction for each move. It speaks our wire contract.
- `ceiling`: frames in, frames out, without any game or database. It speaks our wire contract.
- `boardgame`: the in-memory server of boardgame.io, which speaks its own protocol and so brings its own driver.

`python -m tests.load.references NAME` runs one.
"""
