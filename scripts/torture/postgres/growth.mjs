// The sizes of the adapter's tables while it is used: what is dead is vacuumed away, so what is left is what is kept.
/** @typedef {{ readonly rows: number, readonly bytes: number }} Size */
/**
 * `blocked`: a transaction was open for so long that the vacuum could not remove what died since.
 * @typedef {{ readonly at: number, readonly blocked: boolean, readonly sizes: Readonly<Record<string, Size>> }} Sample
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
const WATCH_MS = 250
const BLOCKED = `SELECT EXISTS (
  SELECT FROM pg_stat_activity WHERE coalesce(backend_xmin, backend_xid) IS NOT NULL AND xact_start < clock_timestamp() - interval '1 second'
) AS blocked`
export const TABLES = ['lock', 'holder', 'place', 'swept']
/** The growth of a table from the middle third of a run to the last that may be chance. */
const SHARE = 1.25
const ROWS = 40
const BYTES = 16 * 8_192

/** Samples the tables until it is stopped. @param {import('pg').Pool} pool @returns {Growth} */
export function watchGrowth(pool) {
  /** @type {Sample[]} */
  const samples = []
  let active = true
  let blocked = false
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
    samples.push({ at: performance.now(), blocked, sizes })
    blocked = false
  }
  const watch = async () => {
    const until = performance.now() + EVERY_MS
    while (active && performance.now() < until) {
      const { rows } = await pool.query(BLOCKED).catch(() => ({ rows: [] }))
      blocked ||= Boolean(rows[0]?.blocked)
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS))
    }
  }
  const loop = async () => {
    while (active) {
      // The server may be away for a while: another fault.
      await look().catch(() => {})
      await watch()
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
 * The tables that went on to grow, in words: their largest size in the last third of a run beside the largest in the
 * middle one. Before that, tables grow to the size that their use needs.
 * @param {readonly Sample[]} samples @returns {readonly string[]}
 */
export function grown(samples) {
  return TABLES.flatMap((table) => {
    const rows = peaks(samples.map(({ sizes }) => sizes[table]?.rows ?? 0))
    const bytes = peaks(bytesOf(samples, table))
    return [
      ...(rows.last > rows.middle * SHARE + ROWS ? [`${table} grew from ${rows.middle} to ${rows.last} rows`] : []),
      ...(bytes.last > bytes.middle * SHARE + BYTES
        ? [`${table} grew from ${bytes.middle} to ${bytes.last} bytes`]
        : []),
    ]
  })
}

/** @param {readonly number[]} sizes */
function peaks(sizes) {
  const third = Math.floor(sizes.length / 3)
  return { middle: Math.max(0, ...sizes.slice(third, 2 * third)), last: Math.max(0, ...sizes.slice(2 * third)) }
}

/**
 * The sizes of a table without what it gained while the vacuum was blocked: a table whose rows cannot be removed grows,
 * and stays as large.
 * @param {readonly Sample[]} samples @param {string} table
 */
function bytesOf(samples, table) {
  let peak = 0
  let excused = 0
  return samples.map(({ blocked, sizes }) => {
    const bytes = sizes[table]?.bytes ?? 0
    if (blocked) excused += Math.max(0, bytes - peak)
    peak = Math.max(peak, bytes)
    return bytes - excused
  })
}
