import { now } from '../history/event.js'
import type { Recorder } from '../history/file.js'
import type { StoreFault } from '../target.js'
import type { Random } from '../../suite/random.js'
import type { Crew } from './crew.js'

/** The gap between two faults that lose data: two holders may be permitted for a small part of the time only. */
const LOSS_GAP_MS = 12_000
const STOP_MS = 3_000
const SHORT_MS = 700
/** The gap between two faults, long enough that most calls succeed. */
const LEAST_GAP_MS = 200
const MORE_GAP_MS = 1_000

export interface NemesisOptions {
  readonly crew: Crew
  readonly faults: readonly StoreFault[]
  readonly history: Recorder
  readonly random: Random
  /** Called when a fault of the target itself failed, which says more of the target than of the store. */
  readonly onTrouble: (text: string) => void
}

interface Deed {
  readonly weight: number
  readonly loses: boolean
  readonly run: () => Promise<void>
}

/** Does harm until it is stopped. Resolves when all of it is over. */
export interface Nemesis {
  readonly stop: () => Promise<void>
}

export function startNemesis({ crew, faults, history, random, onTrouble }: NemesisOptions): Nemesis {
  let active = true
  let ids = 0
  let lossOver = now() - LOSS_GAP_MS / 2
  let losing = false
  const running = new Set<Promise<void>>()

  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const strike = async ({ kind, loses = false, run }: StoreFault): Promise<void> => {
    const id = `f${(ids += 1)}`
    history.write({ type: 'fault', id, kind, phase: 'begin', loses })
    const fired = await run(random).catch((error: unknown) => onTrouble(`${kind}: ${String(error)}`))
    const struck = typeof fired === 'number' ? { fired } : {}
    history.write({ type: 'fault', id, kind, phase: 'end', loses, ...struck })
  }
  const kill = async (): Promise<void> => {
    const all = crew.running()
    const victim = all[random(Math.max(1, all.length))]
    if (victim !== undefined) await crew.replace(victim)
  }
  const stop = async (): Promise<void> => {
    const all = crew.running()
    const victim = all[random(Math.max(1, all.length))]
    victim?.stop()
    await wait(random(3) === 0 ? random(STOP_MS) : random(SHORT_MS))
    victim?.go()
  }
  const deeds: readonly Deed[] = [
    { weight: 2, loses: false, run: kill },
    { weight: 4, loses: false, run: stop },
    ...faults.map((fault) => ({ weight: fault.weight ?? 1, loses: fault.loses === true, run: () => strike(fault) })),
  ]
  const next = (): Deed | undefined => {
    const possible = deeds.filter(({ loses }) => !loses || (!losing && now() - lossOver > LOSS_GAP_MS))
    let rest = random(possible.reduce((sum, { weight }) => sum + weight, 0))
    return possible.find(({ weight }) => (rest -= weight) < 0)
  }
  const loop = async (): Promise<void> => {
    while (active) {
      await wait(LEAST_GAP_MS + random(MORE_GAP_MS))
      const deed = active && running.size < 3 ? next() : undefined
      if (!deed) continue
      if (deed.loses) losing = true
      const done = deed.run().finally(() => {
        running.delete(done)
        if (!deed.loses) return
        losing = false
        lossOver = now()
      })
      running.add(done)
    }
    await Promise.allSettled(running)
  }
  const ended = loop()
  return {
    stop: () => {
      active = false
      return ended
    },
  }
}
