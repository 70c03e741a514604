// The sizes of the adapter's tables while it is used: what is dead is vacuumed away, so what is left is what is kept.
/** @typedef {{ readonly rows: number, readonly bytes: number }} Size */
/** @typedef {{ readonly at: number, readonly sizes: Readonly<Record<string, Size>> }} Sample */
/**
 * @typedef {{
 *   readonly samples: () => readonly Sample[],
 *   readonly deadlocks: () => number,
 *   readonly look: () => Promise<void>,
 *   readonly stop: () => Promise<void>,
 * }} Growth
 */

const EVERY_MS = 2_500
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
    samples.push({ at: performance.now(), sizes })
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
 * The tables that went on to grow, in words: their largest size in the last third of a run beside the largest in the
 * middle one. Before that, tables grow to the size that their use needs.
 * @param {readonly Sample[]} samples @returns {readonly string[]}
 */
export function grown(samples) {
  const third = Math.floor(samples.length / 3)
  const middle = samples.slice(third, 2 * third)
  const last = samples.slice(2 * third)
  return TABLES.flatMap((table) => {
    /** @param {readonly Sample[]} of @param {keyof Size} key */
    const most = (of, key) => Math.max(0, ...of.map(({ sizes }) => sizes[table]?.[key] ?? 0))
    const rows = [most(middle, 'rows'), most(last, 'rows')]
    const bytes = [most(middle, 'bytes'), most(last, 'bytes')]
    return [
      ...((rows[1] ?? 0) > (rows[0] ?? 0) * SHARE + ROWS ? [`${table} grew from ${rows.join(' to ')} rows`] : []),
      ...((bytes[1] ?? 0) > (bytes[0] ?? 0) * SHARE + BYTES ? [`${table} grew from ${bytes.join(' to ')} bytes`] : []),
    ]
  })
}
