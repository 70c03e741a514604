// Grants that lock two rows, in one order or in the other.
import { postgresTarget } from '../../../scripts/torture/postgres/target.mjs'

const CROSS = `
CREATE TABLE crossing (id int PRIMARY KEY);
INSERT INTO crossing VALUES (1), (2);
CREATE FUNCTION cross_over() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_first int := 1 + (random() < 0.5)::int;
BEGIN
  PERFORM FROM crossing WHERE id = v_first FOR UPDATE;
  PERFORM pg_sleep(0.01);
  PERFORM FROM crossing WHERE id = 3 - v_first FOR UPDATE;
  RETURN NULL;
END $$;
CREATE TRIGGER cross_over AFTER INSERT ON holdfast.holder FOR EACH ROW EXECUTE FUNCTION cross_over();
ALTER FUNCTION cross_over() SET search_path = public`

export default postgresTarget({ name: 'deadlocks', prepare: (pool) => pool.query(CROSS) })
