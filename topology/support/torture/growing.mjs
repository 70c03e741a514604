// Tables that keep a row for each grant.
import { postgresTarget } from '../../../scripts/torture/postgres/target.mjs'

const KEEP = `
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO holdfast.lock (name, last_fence, used_at) VALUES (gen_random_uuid()::text, 0, now());
  RETURN NULL;
END $$;
CREATE TRIGGER keep AFTER INSERT ON holdfast.holder FOR EACH ROW EXECUTE FUNCTION keep()`

export default postgresTarget({ name: 'tables that grow', prepare: (pool) => pool.query(KEEP) })
