import { BackendError, type LockBackend } from '@holdfast/core'
import type { Disturbed, StoreFaults, Struck } from '../src/index.js'

type Step<T> = () => Promise<T>
/** The treatment of the next call on its way to the store. */
type Way = <T>(step: Step<T>) => Promise<T>

const broken = (): BackendError => new BackendError('the connection ended', { executed: 'unknown' })

/** An answer that takes more turns of the event loop than this is slow: a halt of the machine adds time, but no turns. */
export const SLOW_TURNS = 10

/** Lets so many turns of the event loop pass. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Faults without a network: between a backend, which `wrap` makes, and its store. A call is repeated before the
 * backend, although a network would repeat the commands behind it.
 */
export function memoryFaults(inner: () => LockBackend, wrap: (backend: LockBackend) => LockBackend): StoreFaults {
  return {
    can: ['loseReply', 'cut', 'duplicate', 'delay'],
    open: async () => {
      const near = nextCall()
      const far = nextCall()
      const fault = (way: Way): Struck => far.arm(way)
      const backend = along(near.way, wrap(along(far.way, inner())))
      let again: Step<unknown> = async () => {}
      return {
        backend,
        loseReply: () =>
          fault(async (step) => {
            await step()
            throw broken()
          }),
        cut: () =>
          fault(async () => {
            throw broken()
          }),
        delay: (ms) =>
          fault(async (step) => {
            const answer = await step()
            // The delay is in real time, because no test moves the virtual time meanwhile.
            await new Promise((resolve) => setTimeout(resolve, ms / 30))
            await turns(2 * SLOW_TURNS)
            return answer
          }),
        duplicate: () => {
          const struck = near.arm((step) => {
            again = step
            return step()
          })
          return Object.defineProperties(
            { deliver: () => again() },
            { fired: { get: () => struck.fired } },
          ) as Struck & {
            deliver(): Promise<unknown>
          }
        },
        close: () => {},
      } satisfies Disturbed
    },
  }
}

function nextCall(): { readonly way: Way; readonly arm: (way: Way) => Struck } {
  let next: { readonly way: Way; fired: number } | undefined
  return {
    way: (step) => {
      const armed = next
      next = undefined
      if (armed === undefined) return step()
      armed.fired += 1
      return armed.way(step)
    },
    arm: (way) => {
      next = { way, fired: 0 }
      return next
    },
  }
}

function along(way: Way, inner: LockBackend): LockBackend {
  return {
    ...inner,
    acquire: (claim, call) => way(() => inner.acquire(claim, call)),
    extend: (claims, call) => way(() => inner.extend(claims, call)),
    release: (ownership, call) => way(() => inner.release(ownership, call)),
    inspect: (name, call) => way(() => inner.inspect(name, call)),
    evict: (name, call) => way(() => inner.evict(name, call)),
    async *list(call) {
      // Each piece is a call of its own, as a page of a list is.
      const pieces = inner.list?.(call)[Symbol.asyncIterator]()
      for (;;) {
        const piece = await way(async () => pieces?.next())
        if (piece === undefined || piece.done === true) return
        yield piece.value
      }
    },
  }
}
