import type { Engine } from '../engine/engine.js'
import { type StoreClaim, type ClaimListener, type ClaimTerms, claimAtStore } from './store-claim.js'
import { toStoreName } from './names.js'
import type { Steps } from './steps.js'

export interface PendingRequest extends ClaimTerms, ClaimListener {
  readonly engine: Engine
  readonly steps: Steps
  readonly clientId: string
  readonly name: string
  readonly signal: AbortSignal | undefined
  /** Names for which the store has not answered lately. Later steps do not wait for a request for one of these. */
  readonly unresponsive: Set<string>
}

/**
 * Sends the request to the store as one step, and takes it back as another one when its signal aborts or the locker
 * closes. Steps between the two see the request, as the specification has it.
 *
 * Calls `onGrant` or `onFailure` once; after an abort `onFailure`, at once, before the store has answered.
 */
export function sendRequest(request: PendingRequest): void {
  const { engine, steps, clientId, name, signal, unresponsive } = request
  let isSettled = false
  // An abort cancels the claim of this promise: it may still be pending when its step has ended.
  let claim: Promise<StoreClaim | undefined> = Promise.resolve(undefined)

  const settle = (): boolean => {
    if (isSettled) return false
    isSettled = true
    engine.pendingSteps.delete(abortable)
    if (signal !== undefined) engine.signals.delete(signal, abortable)
    return true
  }

  const { observed } = request.settings
  const onGrant: ClaimListener['onGrant'] = (lease) => {
    if (!settle()) return
    if (lease === null) observed?.failed()
    request.onGrant(lease)
  }

  const fail = (reason: unknown): undefined => {
    if (!settle()) return
    observed?.failed(reason)
    request.onFailure(reason)
  }

  const abortable = {
    abort: (reason: unknown) => {
      if (isSettled) return
      fail(reason)
      steps.beside('abort', async () => (await claim)?.cancel(reason))
    },
  }

  const begin = async (): Promise<StoreClaim | undefined> => {
    const stored = await toStoreName(name, clientId)
    // close() has aborted this request, and nothing is sent any more.
    return engine.closed ? undefined : claimAtStore(engine, stored, { ...request, onGrant, onFailure: fail })
  }

  if (signal !== undefined) engine.signals.add(signal, abortable)
  engine.pendingSteps.add(abortable)
  steps.inOrder(async () => {
    const isUnresponsive = unresponsive.has(name)
    unresponsive.add(name)
    claim = begin().catch(fail)
    const answered = claim.then((sent) => sent?.answered).then(() => unresponsive.delete(name))
    await (isUnresponsive ? claim : answered)
  })
}
