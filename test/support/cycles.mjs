const WORKERS = 10

/**
 * Takes turns on a few names through several lockers, exclusively and shared, and gives some of the waits up half-way.
 * Answers how many of them were given up.
 *
 * @param {object} cycles
 * @param {readonly import('@holdfast/core').Locker[]} cycles.lockers
 * @param {readonly string[]} cycles.names
 * @param {number} cycles.count
 * @param {AbortSignal} cycles.patience the signal of all who do not give up
 */
export async function runCycles({ lockers, names, count, patience }) {
  let left = count
  let given = 0
  /** @param {import('@holdfast/core').Locker | undefined} locks */
  const work = async (locks) => {
    while (left > 0) {
      const turn = left--
      const impatient = new AbortController()
      const signal = turn % 5 === 0 ? impatient.signal : patience
      const kind = turn % 3 === 0 ? { mode: /** @type {const} */ ('shared'), limit: 2 } : {}
      const acquiring = locks?.acquire(names[turn % names.length] ?? '', { ...kind, signal })
      if (turn % 5 === 0) setImmediate(() => impatient.abort())
      const lease = await acquiring?.catch((error) => {
        if (!signal.aborted) throw error
        given++
      })
      await lease?.release()
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, id) => work(lockers[id % lockers.length])))
  return given
}
