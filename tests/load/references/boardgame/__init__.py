"""boardgame.io: the best-known server for turn-based games, with its storage in memory, playing Connect Four.

`server.js` is the game and the server, `node` installs and runs it, `wire` speaks its protocol (socket.io over
websockets), `playing` plays and measures.
"""
