"""The textbook server: one transaction for each move, one LISTEN connection, a queue for each socket.

It speaks as much of the wire contract as load generators do, and keeps its promises while all goes well: a LISTEN
connection that is lost is not noticed. Players are in memory, and their ids are their tokens.
"""
