import type { LockBackend } from '@holdfast/core'
import { EXIT } from '../exit-codes.js'
import { Failure, messageOf } from '../failure.js'

const LOOK_MS = 100

/** A backend whose claims are watched for answers. */
export interface Watched {
  readonly backend: LockBackend
  /** Rejects when every claim made for `ms` has failed or had no answer. Ends with the signal. */
  silence(ms: number, until: AbortSignal): Promise<never>
}

/** Watches the claims of a backend: core asks again and again until the wait ends, which may be never. */
export function watchClaims(backend: LockBackend): Watched {
  /** A claim that failed, such as on a server that is read-only, counts as unanswered: it is neither granted nor refused. */
  let unansweredSince: number | undefined
  let reason: unknown
  const claim: LockBackend['acquire'] = async (...call) => {
    unansweredSince ??= performance.now()
    try {
      const outcome = await backend.acquire(...call)
      unansweredSince = undefined
      reason = undefined
      return outcome
    } catch (error) {
      reason = error
      throw error
    }
  }
  const silence = (ms: number, until: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      const looking = setInterval(() => {
        if (unansweredSince === undefined || performance.now() - unansweredSince < ms) return
        const why = reason === undefined ? '' : `: ${messageOf(reason)}`
        reject(new Failure(EXIT.store, `the store has not answered for ${ms / 1_000} s${why}`))
      }, LOOK_MS)
      until.addEventListener('abort', () => clearInterval(looking))
    })
  return { backend: withAcquire(backend, claim), silence }
}

/** The same backend with another `acquire`. Its methods are called on it, for they may be those of a class. */
function withAcquire(backend: LockBackend, acquire: LockBackend['acquire']): LockBackend {
  return {
    specVersion: backend.specVersion,
    name: backend.name,
    capabilities: backend.capabilities,
    acquire,
    extend: (...call) => backend.extend(...call),
    release: (...call) => backend.release(...call),
    inspect: (...call) => backend.inspect(...call),
    evict: (...call) => backend.evict(...call),
    ...(backend.list && { list: backend.list.bind(backend) }),
    ...(backend.watch && { watch: backend.watch.bind(backend) }),
  }
}
