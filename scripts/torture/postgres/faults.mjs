// Faults of a PostgreSQL server and of the connections to it. No fault loses data.
import { pause } from '../faults.mjs'
import { isFromOutside } from './outside.mjs'

/** The gap between two crashes: a restart takes seconds, in which nothing else can happen. */
const CRASH_GAP_MS = 45_000
/** How often a fault looks for a session that is of use, and how long after each other. */
const MOST_LOOKS = 100
const LOOK_MS = 5

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
      ) chosen
    ) acts`
    try {
      const { rows } = await pool.query(text, [1 + random(4)])
      return Number(rows[0]?.done)
    } catch (error) {
      // The server may be away: another fault.
      if (isFromOutside(error)) return 0
      throw error
    }
  }
  /** Looks again until there is such a session: a statement is active for less than a millisecond. @param {ReturnType<typeof toSome>} act */
  const untilOne = (act) => async (/** @type {(below: number) => number} */ random) => {
    for (let looks = 1; looks < MOST_LOOKS; looks++) {
      const done = await act(random)
      if (done > 0) return done
      await pause(LOOK_MS)
    }
    return 0
  }
  let crashedAt = -Infinity
  return [
    { kind: 'ended connections', weight: 4, run: toSome('pg_terminate_backend', 'true') },
    { kind: 'ended transactions', weight: 3, run: toSome('pg_terminate_backend', `state LIKE 'idle in transaction%'`) },
    {
      kind: 'ended listeners',
      weight: 1,
      run: toSome('pg_terminate_backend', `query LIKE 'LISTEN%' OR query LIKE 'listen%'`),
    },
    { kind: 'cancelled statements', weight: 3, run: untilOne(toSome('pg_cancel_backend', `state = 'active'`)) },
    {
      kind: 'a frozen server',
      weight: 1,
      run: async (random) => {
        await server.pause()
        await pause(100 + random(random(4) === 0 ? 3_000 : 600))
        await server.resume()
      },
    },
    {
      kind: 'a crash of the server',
      weight: 1,
      run: async (random) => {
        if (performance.now() - crashedAt < CRASH_GAP_MS) return 0
        crashedAt = performance.now()
        await server.kill()
        await pause(random(1_500))
        await server.restart()
        return 1
      },
    },
  ]
}
