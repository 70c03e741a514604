import type { AcquireOutcome, CallOptions, Claim, LockBackend, Ownership, ReleaseOutcome } from '@holdfast/core'
import { gap, type Mutant, mutant } from './mutant.js'

interface Gathered {
  readonly claim?: Claim
  readonly ownership?: Ownership
  readonly call?: CallOptions | undefined
  settle(outcome: Promise<unknown>): void
}

/** Gathers the claims and releases of one turn of the event loop, and has `send` settle all of them. */
function gathering(send: (gathered: readonly Gathered[], inner: LockBackend) => Promise<void>): Mutant['wrapFor'] {
  return () => (inner) => {
    let gathered: Gathered[] = []
    const gather = <T>(wish: Omit<Gathered, 'settle'>): Promise<T> =>
      new Promise<T>((resolve) => {
        gathered.push({ ...wish, settle: (outcome) => resolve(outcome as Promise<T>) })
        if (gathered.length > 1) return
        void gap().then(() => {
          const all = gathered
          gathered = []
          return send(all, inner)
        })
      })
    return {
      ...inner,
      acquire: (claim, call) => gather<AcquireOutcome>({ claim, call }),
      release: (ownership) => gather<ReleaseOutcome>({ ownership }),
    }
  }
}

async function sendOne({ claim, ownership, call }: Gathered, inner: LockBackend): Promise<unknown> {
  if (claim !== undefined) return inner.acquire(claim, call)
  return ownership === undefined ? undefined : inner.release(ownership)
}

const settled = async (gathered: readonly Gathered[], inner: LockBackend): Promise<Promise<unknown>[]> => {
  const outcomes = gathered.map((one) => sendOne(one, inner))
  await Promise.allSettled(outcomes)
  return outcomes
}

export const togetherMutants: readonly Mutant[] = [
  mutant(
    'swaps the answers of two claims that were made together',
    'together/own-answers',
    gathering(async (gathered, inner) => {
      const outcomes = await settled(gathered, inner)
      if (outcomes.length > 2) outcomes.unshift(...outcomes.splice(1, 1))
      for (const [i, one] of gathered.entries()) one.settle(outcomes[i] as Promise<unknown>)
    }),
  ),
  mutant(
    'gives the fence of the first to all claims that were made together',
    'together/own-answers',
    gathering(async (gathered, inner) => {
      let first: number | null | undefined
      for (const [i, outcome] of (await settled(gathered, inner)).entries()) {
        gathered[i]?.settle(
          outcome.then((value) => {
            if (typeof value !== 'object' || value === null || !('fence' in value)) return value
            return { ...value, fence: (first ??= value.fence as number | null) }
          }),
        )
      }
    }),
  ),
  mutant(
    'fails all calls that were made together when one of them fails',
    'together/fails-alone',
    gathering(async (gathered, inner) => {
      const outcomes = await settled(gathered, inner)
      const all = Promise.all(outcomes)
      for (const [i, one] of gathered.entries()) one.settle(all.then((values) => values[i]))
    }),
  ),
  mutant(
    'takes a name past its line for a claim that is made together with its release',
    'together/line-stays',
    gathering(async (gathered, inner) => {
      for (const one of gathered) {
        const freed = gathered.some(({ ownership }) => ownership !== undefined && ownership.name === one.claim?.name)
        const { claim } = one
        const outcome = claim !== undefined && freed ? inner.acquire({ ...claim, steal: true }) : sendOne(one, inner)
        one.settle(outcome)
        await outcome.catch(() => {})
      }
    }),
  ),
  mutant(
    'gives up all claims that were made together when one of them is aborted',
    'together/aborted-alone',
    gathering(async (gathered, inner) => {
      const aborted = gathered.some(({ call }) => call?.signal?.aborted === true)
      for (const one of gathered) one.settle(aborted ? Promise.reject(new Error('aborted')) : sendOne(one, inner))
    }),
  ),
  mutant(
    'sends a claim that was aborted before it was sent, and says that it did not',
    'together/aborted-alone',
    gathering(async (gathered, inner) => {
      for (const one of gathered) {
        const outcome = sendOne(one, inner)
        await outcome.catch(() => {})
        const aborted = one.call?.signal?.aborted === true
        one.settle(aborted ? Promise.reject(Object.assign(new Error('aborted'), { executed: 'no' })) : outcome)
      }
    }),
  ),
]
