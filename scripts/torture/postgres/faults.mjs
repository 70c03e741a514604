// Faults of a PostgreSQL server and of the connections to it. None of them loses data.
import { pause } from '../faults.mjs'

/**
 * @param {import('@holdfast/testkit/postgres').PostgresServer} server
 * @param {import('pg').Pool} pool
 * @returns {import('@holdfast/testkit/torture').StoreFault[]}
 */
export function faultsOf(server, pool) {
  /** Does something to some sessions of workers. Answers to how many. @param {string} act @param {string} which */
  const toSome = (act, which) => async (/** @type {(below: number) => number} */ random) => {
    const text = `SELECT count(*) FILTER (WHERE done)::int AS done FROM (
      SELECT ${act}(pid) AS done FROM (
        SELECT pid FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND application_name <> 'auditor' AND ${which}
        ORDER BY random() LIMIT $1
      ) some
    ) acts`
    // The server may be away: another fault.
    const { rows } = await pool.query(text, [1 + random(4)]).catch(() => ({ rows: [{ done: 0 }] }))
    return Number(rows[0]?.done)
  }
  return [
    { kind: 'ended connections', weight: 4, run: toSome('pg_terminate_backend', 'true') },
    { kind: 'ended transactions', weight: 3, run: toSome('pg_terminate_backend', `state LIKE 'idle in transaction%'`) },
    { kind: 'ended listeners', weight: 1, run: toSome('pg_terminate_backend', `query LIKE 'LISTEN%' OR query LIKE 'listen%'`) },
    { kind: 'cancelled statements', weight: 3, run: toSome('pg_cancel_backend', `state = 'active'`) },
    {
      kind: 'a frozen server',
      weight: 2,
      run: async (random) => {
        await server.pause()
        await pause(100 + random(random(3) === 0 ? 3_000 : 700))
        await server.resume()
      },
    },
    {
      kind: 'a crash of the server',
      weight: 1,
      run: async (random) => {
        await server.kill()
        await pause(random(1_500))
        await server.restart()
      },
    },
  ]
}
