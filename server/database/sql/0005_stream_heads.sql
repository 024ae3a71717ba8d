-- Appends that name the event they build on, not only its number, and answers that are durable whatever they say.
--
-- After a failover that lost the end of the log, a version number may belong to another event. So an append may name
-- the command that led to the version it builds on, in expected_command_ids (null where it does not):
--   forked     the stream does not hold an event of that command at the expected version; version = where the stream is
--
-- log_position is where the log ends with the batch: the position of the last event that it appended, if it did.
--
-- An append without events asks whether its command was carried out, and is answered as a duplicate if so.
--
-- A transaction that writes nothing does not wait for synchronous standbys, so what it has read may be lost with the
-- primary: a commit whose wait for replication was cut short is visible all the same. An answer that comes from a
-- batch that appends nothing is therefore made to wait as well, by a record in the write-ahead log that means nothing.
-- (A transaction id alone would not do: PostgreSQL waits only for a transaction that also wrote to the log.)
--
-- The argument has a default, so that processes of the version before go on while this one is rolled out.
DROP FUNCTION fourfold.append_events(text[], integer[], uuid[], integer[], text[], smallint[], jsonb[]);

CREATE FUNCTION fourfold.append_events(
  streams text[],
  expected_versions integer[],
  command_ids uuid[],
  event_appends integer[],
  event_types text[],
  event_schema_versions smallint[],
  event_data jsonb[],
  expected_command_ids uuid[] DEFAULT NULL
) RETURNS TABLE (outcome text, version integer, log_position bigint)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_mergejoin = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  head bigint;
  at timestamptz;
  before integer[];
  actual integer[];
  refusals text[];
  inserted bigint;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'append_events needs READ COMMITTED: it must see what was committed while it waited for its lock'
      USING ERRCODE = 'feature_not_supported';
  END IF;
  PERFORM pg_advisory_xact_lock(4444);
  -- A new statement, hence a new snapshot: one taken before the wait for the lock would be stale.
  SELECT coalesce(max(e.position), 0) INTO head FROM fourfold.events AS e;
  at := clock_timestamp();

  SELECT
    array_agg(found.before ORDER BY found.append),
    array_agg(found.actual ORDER BY found.append),
    array_agg(
      CASE
        WHEN found.before IS NOT NULL THEN 'duplicate'
        WHEN found.is_forked THEN 'forked'
        WHEN found.actual <> found.expected_version THEN 'conflict'
      END
      ORDER BY found.append
    )
  INTO before, actual, refusals
  FROM (
    SELECT
      asked.append,
      asked.expected_version,
      (
        SELECT e.version FROM fourfold.events AS e
        WHERE e.stream = asked.stream AND e.command_id = asked.command_id
        ORDER BY e.command_step DESC
        LIMIT 1
      ) AS before,
      coalesce(last.version, 0) AS actual,
      asked.expected_command_id IS NOT NULL AND CASE
        WHEN last.version = asked.expected_version THEN last.command_id <> asked.expected_command_id
        ELSE NOT EXISTS (
          SELECT FROM fourfold.events AS e
          WHERE e.stream = asked.stream
            AND e.version = asked.expected_version
            AND e.command_id = asked.expected_command_id
        )
      END AS is_forked
    FROM unnest(streams, expected_versions, command_ids, expected_command_ids) WITH ORDINALITY
      AS asked (stream, expected_version, command_id, expected_command_id, append)
    LEFT JOIN LATERAL (
      SELECT e.version, e.command_id FROM fourfold.events AS e
      WHERE e.stream = asked.stream
      ORDER BY e.version DESC
      LIMIT 1
    ) AS last ON true
  ) AS found;

  INSERT INTO fourfold.events (
    position, stream, version, type, schema_version, data, command_id, command_step, recorded_at
  )
  SELECT
    head + row_number() OVER (ORDER BY fresh.place),
    asked.stream,
    asked.expected_version + fresh.step,
    fresh.type,
    fresh.schema_version,
    fresh.data,
    asked.command_id,
    fresh.step,
    at
  FROM (
    SELECT
      given.append,
      given.type,
      given.schema_version,
      given.data,
      given.place,
      row_number() OVER (PARTITION BY given.append ORDER BY given.place) AS step
    FROM unnest(event_appends, event_types, event_schema_versions, event_data) WITH ORDINALITY
      AS given (append, type, schema_version, data, place)
  ) AS fresh
  JOIN unnest(streams, expected_versions, command_ids, refusals) WITH ORDINALITY
    AS asked (stream, expected_version, command_id, refusal, append)
    ON asked.append = fresh.append
  WHERE asked.refusal IS NULL;

  GET DIAGNOSTICS inserted = ROW_COUNT;
  IF inserted > 0 THEN
    PERFORM fourfold.notify_of_events_after(head);
  ELSE
    PERFORM pg_logical_emit_message(true, 'fourfold', 'an answer that waits for replication');
  END IF;

  RETURN QUERY
  SELECT coalesce(answered.refusal, 'appended'), coalesce(answered.before, answered.actual), head + inserted
  FROM unnest(before, actual, refusals) WITH ORDINALITY AS answered (before, actual, refusal, append)
  ORDER BY answered.append;
END $$;

REVOKE ALL ON FUNCTION fourfold.append_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fourfold.append_events TO fourfold_app;
