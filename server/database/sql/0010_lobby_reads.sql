-- What is asked of the lobby, at a cost that does not grow with the number of games.
--
-- The planner settings pin both plans to index scans in the order of the answer. Left to itself, Postgres reads and
-- sorts all games of a status while the table has no statistics, and goes on with that plan on every connection
-- that made it while the table was small.

-- Up to `most` public games of each of the statuses, opened before a position of the log; in no order.
CREATE FUNCTION fourfold.newest_games(statuses text[], before bigint, most integer)
RETURNS TABLE (
  game text, opened_position bigint, status text, version integer, color text, opener text,
  player_one text, player_two text, result text, reason text, opened_at timestamptz, updated_at timestamptz
)
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN QUERY
  SELECT page.*
  FROM unnest(statuses) AS asked (status)
  CROSS JOIN LATERAL (
    SELECT
      l.game, l.opened_position, l.status, l.version, l.color, l.opener,
      l.player_one, l.player_two, l.result, l.reason, l.opened_at, l.updated_at
    FROM fourfold.lobby AS l
    WHERE l.public
    AND l.status = asked.status
    AND l.opened_position < before
    ORDER BY l.opened_position DESC
    LIMIT most
  ) AS page;
END $$;

CREATE INDEX "open games, oldest first" ON fourfold.lobby (opened_at, game) WHERE status = 'open';

-- Up to `most` games that have been open for longer than `patience`, oldest first: those after the one that was
-- opened at `after_opened_at` as `after_game`.
CREATE FUNCTION fourfold.overdue_games(
  patience interval, after_opened_at timestamptz, after_game text, most integer
)
RETURNS TABLE (game text, version integer, opened_at timestamptz)
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  opened_before timestamptz := clock_timestamp() - patience;
BEGIN
  RETURN QUERY
  SELECT l.game, l.version, l.opened_at
  FROM fourfold.lobby AS l
  WHERE l.status = 'open'
  AND l.opened_at < opened_before
  AND (l.opened_at, l.game) > (after_opened_at, after_game)
  ORDER BY l.opened_at, l.game
  LIMIT most;
END $$;
