import { Acquisition } from '../acquire/acquisition.js'
import type { Engine } from '../engine/engine.js'
import { loseTaken } from '../acquire/steal.js'
import type { LeaseHandle } from '../handle/lease-handle.js'
import type { AcquireSettings } from '../options/settings.js'
import { budgetOf } from '../acquire/acquire-one.js'
import { askStore } from '../acquire/ask-store.js'
import { toStoreName } from './names.js'
import type { Steps } from './steps.js'

export interface PendingRequest {
  readonly engine: Engine
  readonly order: Steps
  readonly clientId: string
  readonly name: string
  readonly settings: AcquireSettings
  readonly signal: AbortSignal | undefined
  /** Names for which the store has not answered in time lately: nobody waits for what is asked for these. */
  readonly silent: Set<string>
  /** Called with what was granted, or `null`, unless it was aborted before. */
  granted(lease: LeaseHandle | null): void
  failed(reason: unknown): void
}

/**
 * Asks the store for a lock in its turn, and takes an abort back in its turn: what was asked for in between sees the
 * request, as the specification has it.
 */
export function sendRequest(claiming: PendingRequest): void {
  const { engine, order, clientId, name, settings, signal, silent, granted, failed } = claiming
  let acquisition: Acquisition | undefined
  let settled: Promise<LeaseHandle | null | undefined> | undefined
  let over = false

  const finish = (): boolean => {
    if (over) return false
    over = true
    engine.pendingSteps.delete(abortable)
    if (signal !== undefined) engine.signals.delete(signal, abortable)
    return true
  }

  const fail = (reason: unknown): void => {
    if (finish()) failed(reason)
  }

  const abortable = {
    abort: (reason: unknown) => {
      if (over) return
      fail(reason)
      order.beside(() => giveUp(reason))
    },
  }

  const giveUp = async (reason: unknown): Promise<void> => {
    acquisition?.abort(reason)
    const lease = await settled
    await lease?.releaseNow()
    await acquisition?.released
  }

  /** Settles when the store has said for certain where the request stands. */
  const ask = async (): Promise<void> => {
    const stored = await toStoreName(name, clientId)
    // It was told so when it was closed.
    if (engine.closed) return
    const before = settings.steal ? [...engine.names.holdsOf(stored.name)] : []
    await new Promise<void>((answered) => {
      const budget = budgetOf(engine, settings)
      acquisition = new Acquisition(engine, stored.name, settings, {
        budget,
        storeOnly: { label: stored.label, answered },
      })
      acquisition.register()
      settled = askStore(acquisition).then(
        (lease) => {
          if (lease !== null && settings.steal) loseTaken(engine, stored.name, before)
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

  engine.pendingSteps.add(abortable)
  if (signal !== undefined) engine.signals.add(signal, abortable)
  order.inOrder(async () => {
    const isSilent = silent.has(name)
    silent.add(name)
    const asking = ask().catch(fail)
    if (!isSilent) await asking
  })
}
