-- Read models: folded from the log, and rebuilt from it at will. Nothing here is a truth of its own.

CREATE TABLE fourfold.projections (
  name text COLLATE "C" NOT NULL,
  position bigint NOT NULL DEFAULT 0,    -- the last event that the read model holds
  CONSTRAINT "a projection has one checkpoint" PRIMARY KEY (name)
);

CREATE TABLE fourfold.lobby (
  game text COLLATE "C" NOT NULL,
  opened_position bigint NOT NULL,       -- newest first, and the cursor of a page
  status text NOT NULL,
  version integer NOT NULL,
  public boolean NOT NULL,
  color text NOT NULL,
  opener text COLLATE "C" NOT NULL,
  player_one text COLLATE "C",
  player_two text COLLATE "C",
  result text,
  reason text,
  opened_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT "a game is listed once" PRIMARY KEY (game),
  CONSTRAINT "a game is open, live or finished" CHECK (status IN ('open', 'live', 'finished'))
);

CREATE INDEX "public games by status, newest first" ON fourfold.lobby (status, opened_position DESC) WHERE public;

GRANT SELECT, INSERT, UPDATE, DELETE ON fourfold.projections, fourfold.lobby TO fourfold_app;
