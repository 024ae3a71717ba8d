-- Notifications that keep what was appended together together: who listens hears of a move and of the end that it
-- brings at once, so that nobody sees a won game that goes on.
--
-- Events of one append have one `position - command_step`, so they are peers of the window and share its sum, hence
-- the notification. A notification holds up to 6,000 bytes and the one append that crosses that line; an append of
-- more than 1,800 bytes travels as pointers, so it stays below the 8,000 bytes that Postgres allows.
CREATE OR REPLACE FUNCTION fourfold.notify_of_events_after(head bigint) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
  SELECT pg_notify('fourfold_events', '[' || payload || ']')
  FROM (
    SELECT string_agg(item, ',' ORDER BY position) AS payload
    FROM (
      SELECT position, item, sum(octet_length(item) + 1) OVER (ORDER BY append) / 6000 AS share
      FROM (
        SELECT
          position,
          append,
          CASE
            WHEN sum(octet_length(item) + 1) OVER (PARTITION BY append) > 1800 THEN position::text
            ELSE item
          END AS item
        FROM (
          SELECT
            e.position,
            e.position - e.command_step AS append,
            json_build_array(
              e.position, e.stream, e.version, e.type, e.schema_version, e.data, e.command_id,
              (extract(epoch FROM e.recorded_at) * 1000000)::bigint
            )::text AS item
          FROM fourfold.events AS e
          WHERE e.position > head
        ) AS events
      ) AS items
    ) AS shares
    GROUP BY share
    ORDER BY share
  ) AS payloads
$$;
