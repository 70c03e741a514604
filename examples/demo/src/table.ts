import type { Evidence } from './evidence.js'
import { ms } from './words.js'

/** Turns and waits of each worker. */
export function drawTable({ workers, turns }: Evidence): readonly string[] {
  const rows = workers.map(({ id, client }) => {
    const own = turnsOf(turns, id)
    const waits = own.map(({ askedAt, grantedAt }) => grantedAt - askedAt).toSorted((a, b) => a - b)
    const half = waits[Math.floor(waits.length / 2)] ?? 0
    return [`worker ${id}`, client, `${own.length}`, ms(half), ms(waits.at(-1) ?? 0)]
  })
  const all = [['', 'client', 'turns', 'wait p50', 'wait max'], ...rows]
  return all.map(([name = '', client = '', ...numbers]) => {
    return `${name.padEnd(9)} ${client.padEnd(11)}${numbers.map((number) => number.padStart(10)).join('')}`
  })
}

function turnsOf(turns: Evidence['turns'], id: number): Evidence['turns'] {
  return turns.filter(({ worker, outcome }) => worker === id && outcome !== 'lost')
}

/** The turns that ended without a write: a worker that lacked the time to write safely took another turn. */
export function lostTurns({ turns }: Evidence): readonly string[] {
  const lost = turns.filter(({ outcome }) => outcome === 'lost').length
  return lost === 0
    ? []
    : [`${lost} more ended without a write, because too little of the lease was left: this machine is very busy`]
}

/** How evenly the workers took turns, without the workers that were killed or stopped. */
export function fairness({ workers, turns, faults }: Evidence): string {
  const faulted = Object.values(faults ?? {}).map(({ worker }) => worker)
  const able = workers.filter(({ id }) => !faulted.includes(id))
  const counts = able.map(({ id }) => turnsOf(turns, id).length)
  const sum = counts.reduce((a, b) => a + b, 0)
  const jain = sum ** 2 / (counts.length * counts.reduce((a, b) => a + b * b, 0))
  const whose = faulted.length === 0 ? '' : ' of those that no fault hit'
  return `fairness: ${Math.min(...counts)} to ${Math.max(...counts)} turns per worker${whose} (Jain's index ${jain.toFixed(3)}, 1 is even)`
}
