-- The tables and functions of Holdfast, version 1. Idempotent: run it as often as you like, from as many processes as
-- you like. It needs no superuser and no extension, and a database with the encoding UTF8.
--
-- To use another schema than holdfast, replace that word everywhere. A role that takes locks needs
--   GRANT USAGE ON SCHEMA holdfast TO app;
-- and nothing else: the functions run with the rights of the role that owns them.
DO $migration$
DECLARE
  v_version int;
BEGIN
-- Two who migrate at the same time come one after the other.
PERFORM pg_advisory_xact_lock(hashtextextended('holdfast', 0));

IF current_setting('server_encoding') <> 'UTF8' THEN
  RAISE EXCEPTION 'Holdfast needs a database with the encoding UTF8, this one has %', current_setting('server_encoding')
    USING ERRCODE = 'feature_not_supported';
END IF;

IF to_regprocedure('"holdfast".schema_version()') IS NOT NULL THEN
  SELECT "holdfast".schema_version() INTO v_version;
  IF v_version > 1 THEN
    RAISE EXCEPTION 'the schema is of version %, newer than version 1 of this adapter', v_version
      USING ERRCODE = 'feature_not_supported';
  END IF;
  -- Up to date: a role that may use the functions, and no more, can say so.
  IF v_version = 1 THEN RETURN; END IF;
END IF;

-- CREATE SCHEMA IF NOT EXISTS wants the right to create one, also where there is nothing to create.
IF to_regnamespace('"holdfast"') IS NULL THEN
  CREATE SCHEMA "holdfast";
END IF;

-- The tables are made in one transaction with schema_version(): a table that is there already is of another system, and
-- this is refused. With the columns of that table, each call would fail.

-- One row for each name that was lately held. It outlives the leases for the fence, and is swept in passing.
CREATE TABLE "holdfast".lock (
  name text COLLATE "C" PRIMARY KEY,
  -- The last fence given out, reserved ones included.
  last_fence bigint NOT NULL,
  used_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- One row for each lease. The guard of a transaction locks it FOR KEY SHARE, which lets it be extended and not deleted.
CREATE TABLE "holdfast".holder (
  name text COLLATE "C",
  owner text COLLATE "C",
  shared boolean NOT NULL,
  fence bigint,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (name, owner)
) WITH (fillfactor = 50);

-- One row for each claim that waits in line.
CREATE TABLE "holdfast".place (
  name text COLLATE "C",
  owner text COLLATE "C",
  seq bigint GENERATED ALWAYS AS IDENTITY,
  shared boolean NOT NULL,
  -- How many may share the name when this claim is admitted. NULL: any number.
  most bigint,
  ttl_ms bigint NOT NULL,
  fences bigint NOT NULL,
  ends_at timestamptz NOT NULL,
  -- Where the owner listens, and the secret by which it knows the message. NULL: it does not listen.
  inbox text,
  secret text,
  PRIMARY KEY (name, owner),
  UNIQUE (name, seq)
) WITH (fillfactor = 50);

-- One row: what sweeping must remember.
CREATE TABLE "holdfast".swept (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  -- No fence of a name whose row is gone was greater.
  last_fence bigint NOT NULL DEFAULT 0,
  -- Names up to this one were looked at in this round.
  hand text COLLATE "C" NOT NULL DEFAULT ''
);
INSERT INTO "holdfast".swept DEFAULT VALUES;

-- The clock of every lease.
CREATE OR REPLACE FUNCTION "holdfast".clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS
'SELECT clock_timestamp()';

CREATE OR REPLACE FUNCTION "holdfast".ms_between(p_from timestamptz, p_to timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE AS
'SELECT CASE WHEN isfinite(p_to) THEN floor(extract(epoch FROM p_to - p_from) * 1000)::bigint END';

-- STABLE as its operator is: it would be called, and not be made part of its caller, otherwise.
CREATE OR REPLACE FUNCTION "holdfast".after_ms(p_from timestamptz, p_ms bigint) RETURNS timestamptz
LANGUAGE sql STABLE AS
'SELECT p_from + p_ms * interval ''1 millisecond''';

CREATE OR REPLACE FUNCTION "holdfast".lock_key(p_name text) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$SELECT hashtextextended('holdfast:' || p_name, 0)$$;

-- All changes under one name come one after the other: this waits for those before, and answers the time after the wait.
-- Names whose hashes are equal wait for each other: no harm.
-- With READ COMMITTED, each statement from here on sees those changes. Any other level would show the name as it was
-- before the wait: a release would miss the lease that it is to end. So that is refused as a conflict, and the adapter
-- asks again by read_committed_v1().
CREATE OR REPLACE FUNCTION "holdfast".lock_name(p_name text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') NOT LIKE 'read %committed' THEN
    RAISE EXCEPTION 'this statement needs READ COMMITTED' USING ERRCODE = 'serialization_failure';
  END IF;
  PERFORM pg_advisory_xact_lock("holdfast".lock_key(p_name));
  RETURN "holdfast".clock();
END $$;

-- Reserves p_count consecutive fences. Answers the first of them.
CREATE OR REPLACE FUNCTION "holdfast".reserve(p_name text, p_count bigint, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_clock bigint := (extract(epoch FROM p_now) * 1000000)::bigint;
  v_last bigint;
BEGIN
  UPDATE "holdfast".lock SET last_fence = greatest(last_fence + 1, v_clock) + p_count - 1, used_at = p_now
  WHERE name = p_name RETURNING last_fence INTO v_last;
  IF NOT FOUND THEN
    -- A new statement, hence a snapshot in which a row that was swept meanwhile has left its fence.
    INSERT INTO "holdfast".lock (name, last_fence, used_at)
    SELECT p_name, greatest(last_fence + 1, v_clock) + p_count - 1, p_now FROM "holdfast".swept
    RETURNING last_fence INTO v_last;
    PERFORM "holdfast".sweep(p_name, p_now);
  END IF;
  IF v_last > 9007199254740991 THEN
    RAISE EXCEPTION 'the fences of this name are used up' USING ERRCODE = 'numeric_value_out_of_range';
  END IF;
  RETURN v_last - p_count + 1;
END $$;

-- Removes idle names: for each new name about four are looked at, so that the table follows what is in use.
CREATE OR REPLACE FUNCTION "holdfast".sweep(p_for text, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_hand text;
  v_row record;
  v_last bigint;
  v_fence bigint := 0;
BEGIN
  IF random() >= 0.125 THEN RETURN; END IF;
  -- Whoever sweeps now does it for this call too.
  SELECT hand INTO v_hand FROM "holdfast".swept FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN; END IF;
  FOR v_row IN SELECT l.name, l.used_at FROM "holdfast".lock l WHERE l.name > v_hand ORDER BY l.name LIMIT 32 LOOP
    v_hand := v_row.name;
    CONTINUE WHEN v_row.name = p_for OR v_row.used_at > p_now - interval '10 minutes';
    CONTINUE WHEN NOT pg_try_advisory_xact_lock("holdfast".lock_key(v_row.name));
    PERFORM "holdfast".expire(v_row.name, p_now);
    DELETE FROM "holdfast".place p WHERE p.name = v_row.name AND p.ends_at <= p_now;
    CONTINUE WHEN EXISTS (SELECT FROM "holdfast".holder h WHERE h.name = v_row.name);
    CONTINUE WHEN EXISTS (SELECT FROM "holdfast".place p WHERE p.name = v_row.name);
    DELETE FROM "holdfast".lock l WHERE l.name = v_row.name AND l.used_at <= p_now - interval '10 minutes'
    RETURNING l.last_fence INTO v_last;
    v_fence := greatest(v_fence, v_last);
  END LOOP;
  IF NOT FOUND THEN v_hand := ''; END IF;
  UPDATE "holdfast".swept SET hand = v_hand, last_fence = greatest(last_fence, v_fence);
END $$;

-- Drops the leases that have ended. One that a transaction guards stays, and goes on to keep others out, until that
-- transaction has ended: its row is locked FOR KEY SHARE.
CREATE OR REPLACE FUNCTION "holdfast".expire(p_name text, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "holdfast".holder h WHERE h.name = p_name AND h.expires_at <= p_now) THEN RETURN; END IF;
  DELETE FROM "holdfast".holder h USING (
    SELECT e.owner FROM "holdfast".holder e
    WHERE e.name = p_name AND e.expires_at <= p_now FOR UPDATE SKIP LOCKED
  ) ended WHERE h.name = p_name AND h.owner = ended.owner;
END $$;

-- Sends a hint, unless the queue of the server is all but full, as it becomes when somebody listens within a transaction
-- that stays open: a full queue refuses the whole transaction, and who waits for a hint asks without it too.
CREATE OR REPLACE FUNCTION "holdfast".notify(p_channel text, p_message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_notification_queue_usage() < 0.9 THEN PERFORM pg_notify(p_channel, p_message); END IF;
END $$;

-- Ends all leases on a name. Answers whether there were any.
CREATE OR REPLACE FUNCTION "holdfast".end_all(p_name text, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_held boolean;
BEGIN
  UPDATE "holdfast".holder h SET expires_at = p_now WHERE h.name = p_name AND h.expires_at > p_now;
  v_held := FOUND;
  PERFORM "holdfast".expire(p_name, p_now);
  IF v_held THEN
    PERFORM "holdfast".notify('taken_' || 'holdfast', p_name);
  END IF;
  RETURN v_held;
END $$;

-- Whether a claim may hold a name beside those who hold it now.
CREATE OR REPLACE FUNCTION "holdfast".admits(p_name text, p_shared boolean, p_most bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  RETURN (
    SELECT count(*) = 0 OR (p_shared AND bool_and(h.shared) AND (p_most IS NULL OR count(*) < p_most))
    FROM "holdfast".holder h WHERE h.name = p_name
  );
END $$;

CREATE OR REPLACE FUNCTION "holdfast".hold(
  p_name text, p_owner text, p_shared boolean, p_fence bigint, p_expires_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- The same owner's own lease may have ended while a transaction guards it.
  INSERT INTO "holdfast".holder VALUES (p_name, p_owner, p_shared, p_fence, p_expires_at)
  ON CONFLICT (name, owner) DO UPDATE
    SET shared = excluded.shared, fence = excluded.fence, expires_at = excluded.expires_at;
END $$;

-- Drops what has ended, then grants the head of the line as long as it can be admitted, and notifies it.
-- A grant lasts as long as the place would have, and no longer than the claim's ttl: waiters that have ended, however
-- many, delay the others by one place time in total. The owner confirms by acquiring again. Answers whether it granted.
CREATE OR REPLACE FUNCTION "holdfast".settle(p_name text, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_head record;
  v_fence bigint;
  v_granted boolean := false;
BEGIN
  PERFORM "holdfast".expire(p_name, p_now);
  LOOP
    SELECT * INTO v_head FROM "holdfast".place p WHERE p.name = p_name ORDER BY p.seq LIMIT 1;
    EXIT WHEN NOT FOUND;
    IF v_head.ends_at > p_now THEN
      EXIT WHEN NOT "holdfast".admits(p_name, v_head.shared, v_head.most);
      v_fence := "holdfast".reserve(p_name, v_head.fences, p_now);
      PERFORM "holdfast".hold(p_name, v_head.owner, v_head.shared, v_fence,
        least(v_head.ends_at, "holdfast".after_ms(p_now, v_head.ttl_ms)));
      IF v_head.inbox IS NOT NULL THEN
        PERFORM "holdfast".notify(v_head.inbox, v_head.secret || ' ' || v_fence);
      END IF;
      v_granted := true;
    END IF;
    DELETE FROM "holdfast".place p WHERE p.name = p_name AND p.owner = v_head.owner;
  END LOOP;
  RETURN v_granted;
END $$;

-- This transaction does not wait for the disk, nor for a standby, for it grants and extends nothing. Should it be lost in
-- a crash of the server, then as if it had not been sent: a lease ends at its ttl, a waiter asks again for its place. It
-- cannot be lost without every transaction after it.
CREATE OR REPLACE FUNCTION "holdfast".need_not_last() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
END $$;

-- 'b <ms until it may be worth asking again, or nothing> <claims ahead, or nothing>'
CREATE OR REPLACE FUNCTION "holdfast".refusal(
  p_name text, p_shared boolean, p_most bigint, p_ahead bigint, p_now timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (
    WITH held AS (SELECT * FROM "holdfast".holder h WHERE h.name = p_name),
    stay AS (
      SELECT CASE WHEN p_shared AND bool_and(shared) THEN least(coalesce(p_most, count(*)), count(*)) - 1 ELSE 0 END AS most
      FROM held
    )
    -- A lease that has ended and is guarded ends with a transaction: nobody knows when.
    SELECT concat('b ', (
      SELECT CASE WHEN expires_at <= p_now THEN 100 ELSE "holdfast".ms_between(p_now, expires_at) END
      FROM held ORDER BY expires_at DESC OFFSET (SELECT greatest(most, 0) FROM stay) LIMIT 1
    ), ' ', p_ahead)
  );
END $$;

-- Keeps or takes a place in line. Answers how many claims stand before it.
CREATE OR REPLACE FUNCTION "holdfast".line_up(p_place "holdfast".place, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_seq bigint;
BEGIN
  DELETE FROM "holdfast".place p WHERE p.name = p_place.name AND p.ends_at <= p_now;
  INSERT INTO "holdfast".place (name, owner, shared, most, ttl_ms, fences, ends_at, inbox, secret)
  VALUES (p_place.name, p_place.owner, p_place.shared, p_place.most, p_place.ttl_ms, p_place.fences, p_place.ends_at,
    p_place.inbox, p_place.secret)
  ON CONFLICT (name, owner) DO UPDATE SET
    shared = excluded.shared, most = excluded.most, ttl_ms = excluded.ttl_ms, fences = excluded.fences,
    ends_at = excluded.ends_at, inbox = excluded.inbox, secret = excluded.secret
  RETURNING seq INTO v_seq;
  RETURN (SELECT count(*) FROM "holdfast".place p WHERE p.name = p_place.name AND p.seq < v_seq);
END $$;

-- The functions below are those that the adapter calls. A plain scan of an index passes over the rows of leases that have
-- ended as soon as one scan has met them; the other kinds of scan read all of them each time, until the next vacuum.

-- Tries once to take a name. Answers 'a <fence>', or as refusal() does.
CREATE OR REPLACE FUNCTION "holdfast".acquire_v1(
  p_name text, p_owner text, p_ttl_ms bigint, p_shared boolean, p_most bigint, p_fences bigint, p_steal boolean,
  p_line_ms bigint, p_inbox text, p_secret text
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_now timestamptz;
  v_mine record;
  v_fence bigint;
  v_granted boolean := false;
  v_place "holdfast".place;
  v_ahead bigint;
BEGIN
  v_now := "holdfast".lock_name(p_name);
  -- Who takes a name by force leaves the line alone: its head must not be granted the name only to lose it at once.
  IF p_steal THEN PERFORM "holdfast".expire(p_name, v_now);
  ELSE v_granted := "holdfast".settle(p_name, v_now);
  END IF;
  SELECT * INTO v_mine FROM "holdfast".holder h
  WHERE h.name = p_name AND h.owner = p_owner AND h.expires_at > v_now;
  IF FOUND THEN
    -- A shared owner cannot become exclusive by claiming again: two who tried would wait for each other for ever.
    IF v_mine.shared AND NOT p_shared THEN
      RETURN "holdfast".refusal(p_name, p_shared, p_most, NULL, v_now);
    END IF;
    -- Never shorter: a claim that is sent twice must not cut a lease that was extended meanwhile.
    UPDATE "holdfast".holder h SET expires_at = greatest(h.expires_at, "holdfast".after_ms(v_now, p_ttl_ms))
    WHERE h.name = p_name AND h.owner = p_owner;
    RETURN concat('a ', v_mine.fence);
  END IF;
  -- A value of another system is never taken: only an owner of ours ends in its random part.
  IF p_steal AND EXISTS (
    SELECT FROM "holdfast".holder h
    WHERE h.name = p_name AND h.expires_at > v_now AND h.owner !~ '~[0-9a-f]{32}$'
  ) THEN
    RETURN "holdfast".refusal(p_name, p_shared, p_most, NULL, v_now);
  END IF;
  IF p_steal THEN
    PERFORM "holdfast".end_all(p_name, v_now);
    DELETE FROM "holdfast".place p WHERE p.name = p_name AND p.owner = p_owner;
  END IF;
  IF "holdfast".admits(p_name, p_shared, p_most)
    AND (p_steal OR NOT EXISTS (SELECT FROM "holdfast".place p WHERE p.name = p_name AND p.ends_at > v_now)) THEN
    v_fence := "holdfast".reserve(p_name, p_fences, v_now);
    PERFORM "holdfast".hold(p_name, p_owner, p_shared, v_fence, "holdfast".after_ms(v_now, p_ttl_ms));
    IF p_steal AND p_shared THEN PERFORM "holdfast".settle(p_name, v_now); END IF;
    RETURN concat('a ', v_fence);
  END IF;
  IF p_line_ms IS NOT NULL THEN
    v_place.name := p_name;
    v_place.owner := p_owner;
    v_place.shared := p_shared;
    v_place.most := p_most;
    v_place.ttl_ms := p_ttl_ms;
    v_place.fences := p_fences;
    v_place.ends_at := "holdfast".after_ms(v_now, p_line_ms);
    v_place.inbox := p_inbox;
    v_place.secret := p_secret;
    v_ahead := "holdfast".line_up(v_place, v_now);
    IF NOT v_granted THEN PERFORM "holdfast".need_not_last(); END IF;
  END IF;
  RETURN "holdfast".refusal(p_name, p_shared, p_most, v_ahead, v_now);
END $$;

-- Extends a lease if its owner still holds it. Answers 'e' extended, 'l' lost, 'w' it is held exclusively and claimed as
-- shared, which downgrade_v1() does.
CREATE OR REPLACE FUNCTION "holdfast".extend_v1(p_name text, p_owner text, p_ttl_ms bigint, p_shared boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
  UPDATE "holdfast".holder h SET expires_at = "holdfast".after_ms("holdfast".clock(), p_ttl_ms)
  WHERE h.name = p_name AND h.owner = p_owner AND h.expires_at > "holdfast".clock() AND (h.shared OR NOT p_shared);
  IF FOUND THEN RETURN 'e'; END IF;
  -- Only a claim as shared is made shared: the lease that is seen here may be a later one, whose owner released the former
  -- meanwhile and claimed the name again.
  RETURN CASE WHEN p_shared AND EXISTS (
    SELECT FROM "holdfast".holder h WHERE h.name = p_name AND h.owner = p_owner AND h.expires_at > "holdfast".clock()
  ) THEN 'w' ELSE 'l' END;
END $$;

-- Extends many leases: p_claims is [[name, owner, ttl_ms, shared]]. Answers a letter for each, as extend_v1() does, or
-- 'b' for a lease whose row another transaction has locked: it is to be extended by itself. No statement waits for a
-- row while it has locked another one, so that no two can wait for each other.
CREATE OR REPLACE FUNCTION "holdfast".extend_many_v1(p_claims text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_answer text;
BEGIN
  WITH claim AS MATERIALIZED (
    SELECT (e.item ->> 0) COLLATE "C" AS name, (e.item ->> 1) COLLATE "C" AS owner,
      (e.item ->> 2)::bigint AS ttl_ms, (e.item ->> 3)::boolean AS shared, e.i
    FROM json_array_elements(p_claims::json) WITH ORDINALITY AS e(item, i)
  ), found AS MATERIALIZED (
    SELECT h.name, h.owner, h.shared FROM "holdfast".holder h JOIN claim c ON h.name = c.name AND h.owner = c.owner
    WHERE h.expires_at > "holdfast".clock() FOR NO KEY UPDATE OF h SKIP LOCKED
  ), extended AS (
    UPDATE "holdfast".holder h SET expires_at = "holdfast".after_ms("holdfast".clock(), c.ttl_ms)
    FROM claim c JOIN found f ON f.name = c.name AND f.owner = c.owner
    WHERE h.name = c.name AND h.owner = c.owner AND (f.shared OR NOT c.shared)
    RETURNING h.name, h.owner
  )
  SELECT coalesce(string_agg(
    CASE WHEN EXISTS (SELECT FROM extended x WHERE x.name = c.name AND x.owner = c.owner) THEN 'e'
    WHEN c.shared AND EXISTS (SELECT FROM found f WHERE f.name = c.name AND f.owner = c.owner) THEN 'w'
    WHEN EXISTS (
      SELECT FROM "holdfast".holder h
      WHERE h.name = c.name AND h.owner = c.owner AND h.expires_at > "holdfast".clock()
    ) THEN 'b'
    ELSE 'l' END, '' ORDER BY c.i), '')
  INTO v_answer FROM claim c;
  RETURN v_answer;
END $$;

-- Extends one lease, never to a shorter time, and reserves fences. Answers 'e <first fence>' or 'l'.
CREATE OR REPLACE FUNCTION "holdfast".reserve_v1(p_name text, p_owner text, p_ttl_ms bigint, p_fences bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_now timestamptz;
BEGIN
  v_now := "holdfast".lock_name(p_name);
  UPDATE "holdfast".holder h SET expires_at = greatest(h.expires_at, "holdfast".after_ms(v_now, p_ttl_ms))
  WHERE h.name = p_name AND h.owner = p_owner AND h.expires_at > v_now;
  IF NOT FOUND THEN RETURN 'l'; END IF;
  RETURN 'e ' || "holdfast".reserve(p_name, p_fences, v_now);
END $$;

-- Extends a lease and makes it a shared one, in one step with the grants to those who wait to share. 'e' or 'l'.
CREATE OR REPLACE FUNCTION "holdfast".downgrade_v1(p_name text, p_owner text, p_ttl_ms bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_now timestamptz;
BEGIN
  v_now := "holdfast".lock_name(p_name);
  UPDATE "holdfast".holder h SET shared = true, expires_at = "holdfast".after_ms(v_now, p_ttl_ms)
  WHERE h.name = p_name AND h.owner = p_owner AND h.expires_at > v_now;
  IF NOT FOUND THEN RETURN 'l'; END IF;
  PERFORM "holdfast".settle(p_name, v_now);
  RETURN 'e';
END $$;

-- Gives a lease up, or lets it last p_keep_ms more, and leaves the line. Answers 'r' released or 'n' not held.
CREATE OR REPLACE FUNCTION "holdfast".release_v1(p_name text, p_owner text, p_keep_ms bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_now timestamptz;
  v_granted boolean;
  v_held boolean := false;
  v_left boolean;
BEGIN
  v_now := "holdfast".lock_name(p_name);
  v_granted := "holdfast".settle(p_name, v_now);
  DELETE FROM "holdfast".place p WHERE p.name = p_name AND p.owner = p_owner;
  v_left := FOUND;
  IF p_keep_ms <= 0 THEN
    PERFORM FROM "holdfast".holder h
    WHERE h.name = p_name AND h.owner = p_owner AND h.expires_at > v_now FOR UPDATE SKIP LOCKED;
    v_held := FOUND;
    IF v_held THEN DELETE FROM "holdfast".holder h WHERE h.name = p_name AND h.owner = p_owner; END IF;
  END IF;
  -- It is kept, or a transaction guards it until its end.
  IF NOT v_held THEN
    UPDATE "holdfast".holder h SET expires_at = "holdfast".after_ms(v_now, greatest(p_keep_ms, 0))
    WHERE h.name = p_name AND h.owner = p_owner AND h.expires_at > v_now;
    v_held := FOUND;
  END IF;
  IF v_held OR v_left THEN
    v_granted := "holdfast".settle(p_name, v_now) OR v_granted;
    IF p_keep_ms <= 0 AND NOT v_granted THEN PERFORM "holdfast".need_not_last(); END IF;
  END IF;
  RETURN CASE WHEN v_held THEN 'r' ELSE 'n' END;
END $$;

-- Ends all leases on a name and lets the line move on. Answers 'e' when something was held, else 'n'.
CREATE OR REPLACE FUNCTION "holdfast".evict_v1(p_name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_now timestamptz;
  v_held boolean;
BEGIN
  v_now := "holdfast".lock_name(p_name);
  PERFORM "holdfast".expire(p_name, v_now);
  v_held := "holdfast".end_all(p_name, v_now);
  PERFORM "holdfast".settle(p_name, v_now);
  RETURN CASE WHEN v_held THEN 'e' ELSE 'n' END;
END $$;

-- What is held under names and who waits for them, as JSON. Of p_name, or of the first names after p_after. A replica
-- may lag behind, so it does not answer. Names are counted for the limit, not leases or places: otherwise a name with
-- many readers would end the first half early, and names after it would be passed over.
CREATE OR REPLACE FUNCTION "holdfast".look_v1(p_name text, p_after text, p_limit bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off SET enable_hashagg = off AS $$
DECLARE
  v_now timestamptz := "holdfast".clock();
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'this server is a replica' USING ERRCODE = 'read_only_sql_transaction';
  END IF;
  RETURN (
    WITH named AS (
      SELECT p_name COLLATE "C" AS name WHERE p_name IS NOT NULL
      UNION ALL
      SELECT a.name FROM (
        (SELECT DISTINCT h.name FROM "holdfast".holder h WHERE p_name IS NULL AND h.name > p_after AND h.expires_at > v_now
          ORDER BY h.name LIMIT p_limit)
        UNION
        (SELECT DISTINCT p.name FROM "holdfast".place p WHERE p_name IS NULL AND p.name > p_after AND p.ends_at > v_now
          ORDER BY p.name LIMIT p_limit)
        ORDER BY 1 LIMIT p_limit
      ) a
    )
    SELECT coalesce(json_agg(json_build_array(
      n.name,
      (SELECT json_agg(json_build_array(h.owner, h.shared, "holdfast".ms_between(v_now, h.expires_at), h.fence))
        FROM "holdfast".holder h WHERE h.name = n.name AND h.expires_at > v_now),
      (SELECT json_agg(json_build_array(p.owner, p.shared) ORDER BY p.seq)
        FROM "holdfast".place p WHERE p.name = n.name AND p.ends_at > v_now)
    ) ORDER BY n.name), '[]')::text FROM named n
  );
END $$;

-- Locks the row of a lease until the end of the transaction. Answers the end of the lease, or NULL when there is no such
-- lease. Fences that were reserved later are greater than that of the row, and those of any later holder are greater
-- still. Without an owner, a shared lease is known by its fence.
CREATE OR REPLACE FUNCTION "holdfast".lock_lease(p_name text, p_owner text, p_fence bigint) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
  v_expires_at timestamptz;
BEGIN
  SELECT h.expires_at INTO v_expires_at FROM "holdfast".holder h
  WHERE h.name = p_name AND h.fence <= p_fence
    AND (h.owner = p_owner OR (p_owner IS NULL AND (NOT h.shared OR h.fence = p_fence)))
  FOR KEY SHARE;
  RETURN v_expires_at;
END $$;

-- Locks a lease until the end of the transaction that calls this: nobody else is granted the name before. Answers the
-- transaction's id, or NULL when the name is not held with this fence.
CREATE OR REPLACE FUNCTION "holdfast".guard_v1(p_name text, p_owner text, p_fence bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_expires_at timestamptz;
BEGIN
  IF current_setting('transaction_isolation') = 'repeatable read' THEN
    BEGIN
      v_expires_at := "holdfast".lock_lease(p_name, p_owner, p_fence);
    EXCEPTION WHEN serialization_failure THEN
      -- The row was deleted after the snapshot: the lease has ended. An extension is no conflict.
      RETURN NULL;
    END;
  ELSE
    v_expires_at := "holdfast".lock_lease(p_name, p_owner, p_fence);
  END IF;
  IF v_expires_at IS NULL OR v_expires_at <= "holdfast".clock() THEN RETURN NULL; END IF;
  RETURN txid_current()::text;
END $$;

-- Runs a statement with READ COMMITTED, whatever the isolation level of the connection. The statement reads its values
-- from $1, a JSON array. A procedure may end the transaction that the server began for it, and begin another one, as long
-- as it is neither SECURITY DEFINER nor has settings: it runs with the rights of its caller. Within a transaction of the
-- caller it is refused.
CREATE OR REPLACE PROCEDURE "holdfast".read_committed_v1(p_ask text, p_values text, INOUT p_answer text)
LANGUAGE plpgsql AS $$
BEGIN
  COMMIT;
  SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
  EXECUTE p_ask INTO p_answer USING p_values::json;
END $$;

CREATE OR REPLACE FUNCTION "holdfast".schema_version() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
END $migration$
