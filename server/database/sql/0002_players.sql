-- Who plays under which name. Not in the log, because a name is personal: it can be changed, and erased.

CREATE TABLE fourfold.players (
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "a player has one id" PRIMARY KEY (id),
  CONSTRAINT "a name is short and not empty" CHECK (char_length(name) BETWEEN 1 AND 40)
);

GRANT SELECT, INSERT, UPDATE (name), DELETE ON fourfold.players TO fourfold_app;
