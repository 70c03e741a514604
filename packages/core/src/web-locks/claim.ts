import { Acquisition } from '../acquisition.js'
import type { Engine } from '../engine.js'
import { heldUnder, tellRobbed } from '../force.js'
import type { HeldLease } from '../held-lease.js'
import type { Settings } from '../options.js'
import { pursue } from '../pursuit.js'
import { storedName } from './names.js'
import type { Order } from './order.js'

export interface Claiming {
  readonly engine: Engine
  readonly order: Order
  readonly clientId: string
  readonly name: string
  readonly settings: Settings
  readonly once: boolean
  readonly signal: AbortSignal | undefined
  /** Names for which the store has not answered in time lately: nobody waits for what is asked for these. */
  readonly silent: Set<string>
  /** Called with what was granted, or `null`, unless it was aborted before. */
  granted(lease: HeldLease | null): void
  failed(reason: unknown): void
}

/**
 * Asks the store for a lock in its turn, and takes an abort back in its turn: what was asked for in between sees the
 * request, as the specification has it.
 */
export function claim(claiming: Claiming): void {
  const { engine, order, clientId, name, settings, once, signal, silent, granted, failed } = claiming
  let acquisition: Acquisition | undefined
  let settled: Promise<HeldLease | null | undefined> | undefined
  let over = false

  const finish = (): boolean => {
    if (over) return false
    over = true
    engine.queued.delete(abortable)
    if (signal !== undefined) engine.signals.delete(signal, abortable)
    return true
  }

  const fail = (reason: unknown): void => {
    if (finish()) failed(reason)
  }

  const abortable = {
    halt: (reason: unknown) => {
      if (over) return
      fail(reason)
      order.together(() => giveUp(reason))
    },
  }

  const giveUp = async (reason: unknown): Promise<void> => {
    acquisition?.halt(reason)
    const lease = await settled
    await lease?.discard()
    await acquisition?.gone
  }

  /** Settles when the store has said for certain where the request stands. */
  const ask = async (): Promise<void> => {
    const stored = await storedName(name, clientId)
    // It was told so when it was closed.
    if (engine.closed) return
    const robbed = settings.steal ? heldUnder(engine, stored.name) : []
    await new Promise<void>((answered) => {
      acquisition = new Acquisition(engine, stored.name, settings, once, { label: stored.label, answered })
      acquisition.begin()
      settled = pursue(acquisition).then(
        (lease) => {
          if (lease !== null && settings.steal) tellRobbed(engine, stored.name, robbed)
          // Not in a later turn of the promise queue: an abort in between would come too late.
          if (finish()) granted(lease)
          answered()
          return lease
        },
        (error: unknown) => {
          fail(error)
          answered()
          return undefined
        },
      )
    })
    silent.delete(name)
  }

  engine.queued.add(abortable)
  if (signal !== undefined) engine.signals.add(signal, abortable)
  order.next(async () => {
    const isSilent = silent.has(name)
    silent.add(name)
    const asking = ask().catch(fail)
    if (!isSilent) await asking
  })
}
