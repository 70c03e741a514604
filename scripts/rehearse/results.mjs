/** @typedef {'passed' | 'failed' | 'not tried'} Result */
/** @typedef {{ where: string, ran: string, result: Result, seconds: number, note: string }} Row */

/** The results of the rehearsal, one row for each trial, or for each trial that was not possible. */
export function openResults() {
  /** @type {Row[]} */
  const rows = []
  /** @param {Row} row */
  const add = (row) => {
    rows.push(row)
    process.stdout.write(`${row.result}: ${row.where}: ${row.ran} (${row.seconds} s)${row.note && `: ${row.note}`}\n`)
  }
  return {
    /**
     * Runs a trial and notes its result. What the trial answers is the note, in one line.
     *
     * @param {string} where @param {string} ran @param {() => Promise<string | void>} trial
     */
    attempt: async (where, ran, trial) => {
      const began = performance.now()
      const seconds = () => Math.round((performance.now() - began) / 1_000)
      try {
        const note = (await trial()) ?? ''
        add({ where, ran, result: 'passed', seconds: seconds(), note })
      } catch (error) {
        const note = error instanceof Error ? error.message : String(error)
        add({ where, ran, result: 'failed', seconds: seconds(), note })
      }
    },
    /** @param {string} where @param {string} ran @param {string} reason */
    notTried: (where, ran, reason) => add({ where, ran, result: 'not tried', seconds: 0, note: reason }),
    /** What ended the rehearsal before its end. @param {unknown} error */
    stopped: (error) =>
      add({ where: 'rehearsal', ran: 'to its end', result: 'failed', seconds: 0, note: String(error) }),
    ok: () => rows.length > 0 && rows.every(({ result }) => result !== 'failed'),
    table: () => tableOf(rows),
  }
}

/** @typedef {ReturnType<typeof openResults>} Results */

const NOTE_WIDTH = 100

/** The rows of one place together: trials run side by side. @param {readonly Row[]} rows */
function tableOf(rows) {
  const places = [...new Set(rows.map(({ where }) => where))]
  const grouped = places.flatMap((place) => rows.filter(({ where }) => where === place))
  const cells = grouped.map(({ where, ran, result, seconds, note }) => [
    where,
    ran,
    result,
    result === 'not tried' ? '' : `${seconds} s`,
    (note.split('\n')[0] ?? '').slice(0, NOTE_WIDTH),
  ])
  const all = [['where', 'what ran', 'result', 'time', 'note'], ...cells]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (/** @type {string[]} */ row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  const [head = [], ...body] = all.map(line)
  return [head, widths.map((width) => '-'.repeat(width)).join('  '), ...body].join('\n')
}
