'use strict';

// boardgame.io's server with Connect Four and everything in memory: `node server.js PORT` (0 is any).
// It prints its address, and ends when its standard input does: whoever started it is gone then.

const { INVALID_MOVE } = require('boardgame.io/core');
const { Server } = require('boardgame.io/server');

const ROWS = 6;
const COLUMNS = 7;
const LINE_LENGTH = 4;
const DIRECTIONS = [[0, 1], [1, 0], [1, 1], [1, -1]];

const connectFour = {
  name: 'connect-four',
  minPlayers: 2,
  maxPlayers: 2,
  setup: () => ({ board: Array.from({ length: ROWS }, () => Array(COLUMNS).fill(null)) }), // top row first
  turn: { minMoves: 1, maxMoves: 1 },
  moves: {
    drop: ({ G, playerID }, column) => {
      const row = G.board.findLastIndex((cells) => cells[column] === null);
      if (row === -1) return INVALID_MOVE;
      G.board[row][column] = playerID;
    },
  },
  endIf: ({ G, ctx }) => {
    if (hasLine(G.board, ctx.currentPlayer)) return { winner: ctx.currentPlayer };
    if (G.board[0].every((cell) => cell !== null)) return { draw: true };
  },
};

function hasLine(board, player) {
  return board.some((cells, row) => cells.some((_, column) => DIRECTIONS.some(([down, right]) => {
    for (let step = 0; step < LINE_LENGTH; step += 1) {
      if (board[row + step * down]?.[column + step * right] !== player) return false;
    }
    return true;
  })));
}

async function main(port) {
  const server = Server({ games: [connectFour], origins: ['*'] });
  // What is called the port is handed to node's `listen`, which takes an address too: nobody else is to play here.
  const { appServer } = await server.run({ port: { port, host: '127.0.0.1' } });
  process.stdin.resume().on('end', () => process.exit());
  console.log(`http://127.0.0.1:${appServer.address().port}`);
}

main(Number(process.argv[2]));
