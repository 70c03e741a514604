// The state of the server when all workers have ended.
import { postgresBackend } from '@holdfast/adapter-postgres'
import { grown, leftOpen, TABLES } from './growth.mjs'

/**
 * @typedef {import('@holdfast/testkit/torture').Audit} Audit
 * @typedef {import('@holdfast/testkit/torture').Seen} Seen
 */

/** The longest time that a lease of a killed process lasts, and its transaction. */
const LEFT_MS = 30_000
const LOG_LINES = 16
const FEWEST_WRITES = 50
const FEWEST_SAMPLES = 9

/**
 * @param {{ pool: import('pg').Pool, growth: import('./growth.mjs').Growth, seen: Seen, bouncer: unknown }} run
 * @returns {Promise<Audit>}
 */
export async function audit({ pool, growth, seen, bouncer }) {
  await growth.stop()
  const samples = growth.samples()
  const left = await leftOver(pool)
  await growth.look()
  const written = await updatesOf(pool, seen)
  const last = growth.samples().at(-1)?.sizes ?? {}
  const tables = TABLES.flatMap((table) => [
    [`rows of ${table}`, last[table]?.rows ?? 0],
    [`bytes of ${table}`, last[table]?.bytes ?? 0],
    [`most bytes of ${table}`, Math.max(0, ...samples.map(({ sizes }) => sizes[table]?.bytes ?? 0))],
  ])
  const deadlocks = growth.deadlocks()
  return {
    counts: {
      'clients through PgBouncer': typeof bouncer === 'string' ? 0 : 1,
      deadlocks,
      ...written.counts,
      'samples of the tables': samples.length,
      'longest transaction in ms': Math.max(0, ...samples.map(({ openMs }) => openMs)),
      ...Object.fromEntries(tables),
    },
    broken: [
      ...written.broken,
      ...left,
      ...grown(samples),
      ...leftOpen(samples),
      ...(deadlocks > 0 ? [`the server ended ${deadlocks} deadlocks: ${await deadlocksIn(pool)}`] : []),
    ],
    missing: [
      ...written.missing,
      ...(samples.length < FEWEST_SAMPLES
        ? [`${samples.length} samples of the tables are too few: ${FEWEST_SAMPLES} are wanted`]
        : []),
    ],
  }
}

/** The words of the server's log on deadlocks. @param {import('pg').Pool} pool @returns {Promise<string>} */
async function deadlocksIn(pool) {
  const { rows } = await pool.query(`SELECT pg_read_file('log/server.log') AS text`)
  const lines = String(rows[0]?.text).split('\n')
  const starts = lines.flatMap((line, at) => (line.includes('deadlock detected') ? [at] : []))
  return starts.flatMap((at) => lines.slice(at, at + LOG_LINES)).join('\n')
}

/** The rows that are left when each name is free and was used once more. @param {import('pg').Pool} pool */
async function leftOver(pool) {
  const backend = postgresBackend(pool, { listen: false })
  const { rows } = await pool.query(
    'SELECT name FROM holdfast.lock UNION SELECT name FROM holdfast.holder UNION SELECT name FROM holdfast.place',
  )
  const until = performance.now() + LEFT_MS
  for (const { name } of rows) {
    const owner = `auditor~${crypto.randomUUID().replaceAll('-', '')}`
    const claim = /** @type {const} */ ({ name, owner, ttlMs: 10_000, mode: 'exclusive', limit: 1 })
    while (!(await backend.acquire(claim)).acquired && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 200))
    await backend.release({ name, owner })
  }
  const { rows: left } = await pool.query(
    `SELECT (SELECT count(*)::int FROM holdfast.holder) AS holder, (SELECT count(*)::int FROM holdfast.place) AS place`,
  )
  return ['holder', 'place'].flatMap((table) =>
    left[0]?.[table] > 0 ? [`${left[0][table]} rows of ${table} are left though no name is held`] : [],
  )
}

/**
 * An update is lost when two writes began from one value, or the counter is less than their number. A write out of the
 * order of fences was one of a holder whose name had passed on.
 * @param {import('pg').Pool} pool @param {Seen} seen
 */
async function updatesOf(pool, { written }) {
  const { rows } = await pool.query(`
    SELECT c.name, c.value::int AS value, count(*)::int AS entries, count(DISTINCT e.value)::int AS values,
      count(*) FILTER (WHERE e.fence < e.before)::int AS backwards
    FROM counter c JOIN (
      SELECT name, value, fence, lag(fence) OVER (PARTITION BY name ORDER BY value) AS before FROM entry
    ) e USING (name) GROUP BY c.name, c.value`)
  /** @param {string} key @returns {number} */
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  const answered = [...written.values()].reduce((total, count) => total + count, 0)
  const known = new Set(rows.map(({ name }) => name))
  const absent = [...written.keys()].filter((name) => !known.has(name))
  const wrong = rows.flatMap(({ name, value, entries, values, backwards }) => [
    ...(value !== entries || values !== entries
      ? [`${name}: ${entries} writes made ${values} values, the last ${value}: lost updates`]
      : []),
    ...(backwards > 0 ? [`${name}: ${backwards} writes with a smaller fence than the one before`] : []),
    ...(entries < (written.get(name) ?? 0)
      ? [`${name}: ${written.get(name)} writes were answered as done, ${entries} are there`]
      : []),
  ])
  const entries = sum('entries')
  return {
    broken: [
      ...wrong,
      ...absent.map((name) => `${name}: ${written.get(name)} writes were answered as done, none is there`),
    ],
    counts: {
      'guarded writes committed': entries,
      'of these answered': answered,
      'sum of the counters': sum('value'),
      'lost updates': entries - sum('values'),
    },
    missing: entries < FEWEST_WRITES ? [`${entries} guarded writes are too few: ${FEWEST_WRITES} are wanted`] : [],
  }
}
