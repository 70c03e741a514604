// The sizes of the adapter's tables while it is used. The files of a table follow the work between two vacuums, which is
// chance; what is kept is seen in its rows, and in transactions that keep the vacuum from dead rows.
/** @typedef {{ readonly rows: number, readonly bytes: number }} Size */
/**
 * `openMs`: the age of the oldest transaction from which the vacuum has to keep what dies.
 * @typedef {{ readonly at: number, readonly openMs: number, readonly sizes: Readonly<Record<string, Size>> }} Sample
 */
/**
 * @typedef {{
 *   readonly samples: () => readonly Sample[],
 *   readonly deadlocks: () => number,
 *   readonly look: () => Promise<void>,
 *   readonly stop: () => Promise<void>,
 * }} Growth
 */

const EVERY_MS = 2_500
const OPEN_MS = `
  SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)) * 1000, 0)::int AS ms FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND coalesce(backend_xmin, backend_xid) IS NOT NULL AND pid <> pg_backend_pid()`
/** A transaction of a worker that is stopped ends after 6 s: the server sees to it. A busy machine takes longer. */
const LONGEST_MS = 20_000
export const TABLES = ['lock', 'holder', 'place', 'swept']
/** The growth of a table from the middle third of a run to the last that may be chance. */
const SHARE = 1.25
const ROWS = 40

/** Samples the tables until it is stopped. @param {import('pg').Pool} pool @returns {Growth} */
export function watchGrowth(pool) {
  /** @type {Sample[]} */
  const samples = []
  let active = true
  let deadlocks = 0
  let lastDeadlocks = 0

  const look = async () => {
    /** @type {Record<string, Size>} */
    const sizes = {}
    for (const table of TABLES) {
      await pool.query(`VACUUM holdfast.${table}`)
      const { rows } = await pool.query(
        `SELECT count(*)::int AS rows, pg_total_relation_size('holdfast.${table}')::int AS bytes FROM holdfast.${table}`,
      )
      sizes[table] = rows[0]
    }
    const { rows } = await pool.query('SELECT sum(deadlocks)::int AS count FROM pg_stat_database')
    const now = Number(rows[0]?.count)
    // A crash of the server sets the counter to 0.
    deadlocks += now < lastDeadlocks ? now : now - lastDeadlocks
    lastDeadlocks = now
    const open = await pool.query(OPEN_MS)
    samples.push({ at: performance.now(), openMs: Number(open.rows[0]?.ms), sizes })
  }
  const loop = async () => {
    while (active) {
      // The server may be away for a while: another fault.
      await look().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
  }
  const ended = loop()
  return {
    samples: () => samples,
    deadlocks: () => deadlocks,
    look,
    stop: () => {
      active = false
      return ended
    },
  }
}

/**
 * The tables that went on to grow, in words: their most rows in the last third of a run beside the most in the middle one.
 * Before that, tables grow to the size that their use needs.
 * @param {readonly Sample[]} samples @returns {readonly string[]}
 */
export function grown(samples) {
  const third = Math.floor(samples.length / 3)
  return TABLES.flatMap((table) => {
    /** @param {readonly Sample[]} of */
    const most = (of) => Math.max(0, ...of.map(({ sizes }) => sizes[table]?.rows ?? 0))
    const [before, last] = [most(samples.slice(third, 2 * third)), most(samples.slice(2 * third))]
    return last > before * SHARE + ROWS ? [`${table} grew from ${before} to ${last} rows`] : []
  })
}

/** Transactions that stayed open, in words. @param {readonly Sample[]} samples @returns {readonly string[]} */
export function leftOpen(samples) {
  const openMs = Math.max(0, ...samples.map((sample) => sample.openMs))
  return openMs > LONGEST_MS ? [`a transaction was open for ${Math.round(openMs / 1_000)} s`] : []
}
