import type { LockBackend } from '@holdfast/core'
import { gap, type Mutant, mutant } from './mutant.js'

type Verbs = Pick<LockBackend, 'acquire' | 'extend' | 'release' | 'inspect' | 'evict' | 'list' | 'watch'>

const VERBS = ['acquire', 'extend', 'release', 'inspect', 'evict', 'list', 'watch'] as const

/** A handle whose calls are made by the handle that `choose` answers for each call, after `before`. */
export function passing(inner: LockBackend, choose: () => Verbs, before?: () => Promise<void>): LockBackend {
  const call = (verb: keyof Verbs, args: readonly unknown[]): unknown =>
    Reflect.apply(choose()[verb] as () => unknown, undefined, args)
  const verbs = VERBS.map((verb): [string, (...args: readonly unknown[]) => unknown] => {
    if (before === undefined) return [verb, (...args) => call(verb, args)]
    if (verb !== 'list') return [verb, async (...args) => before().then(() => call(verb, args))]
    const list = async function* (...args: readonly unknown[]): AsyncGenerator {
      await before()
      yield* call(verb, args) as AsyncIterable<unknown>
    }
    return [verb, list]
  })
  return { ...inner, ...(Object.fromEntries(verbs) as unknown as Verbs) }
}

/** Answers the first call of a handle by `wrong`, as before a connection that the first call makes. */
function first(wrong: (inner: LockBackend) => Partial<Verbs>): Mutant['wrapFor'] {
  return () => (inner) => {
    let isUsed = false
    return passing(inner, () => {
      const changed = isUsed ? inner : { ...inner, ...wrong(inner) }
      isUsed = true
      return changed
    })
  }
}

/** A handle prepares itself within its first call; `meanwhile` makes the calls that come before it is prepared. */
function preparing(meanwhile: (inner: LockBackend) => Partial<Verbs>): Mutant['wrapFor'] {
  return () => (inner) => {
    let state: 'new' | 'preparing' | 'prepared' = 'new'
    const prepare = async (): Promise<void> => {
      state = 'preparing'
      await gap()
      state = 'prepared'
    }
    const preparingFirst = passing(inner, () => inner, prepare)
    return passing(inner, () => {
      if (state === 'prepared') return inner
      return state === 'new' ? preparingFirst : { ...inner, ...meanwhile(inner) }
    })
  }
}

/** The answers of a store that is not there yet, or no longer. */
export const nothing: Partial<Verbs> = {
  acquire: async () => ({ acquired: false, retryAfterMs: null, ahead: null }),
  extend: async (claims) => claims.map(() => ({ status: 'lost' })),
  release: async () => 'not-held',
  inspect: async () => null,
  evict: async () => false,
}

export const firstCallMutants: readonly Mutant[] = [
  mutant(
    'refuses the claim that is the first call of a handle',
    'handles/first-calls',
    first(() => ({ acquire: async () => ({ acquired: false, retryAfterMs: null, ahead: null }) })),
  ),
  mutant(
    'calls lost what the first call of a handle extends',
    'handles/first-calls',
    first(() => ({ extend: async (claims) => claims.map(() => ({ status: 'lost' })) })),
  ),
  mutant(
    'releases nothing by the first call of a handle',
    'handles/first-calls',
    first(() => ({ release: async () => 'not-held' })),
  ),
  mutant(
    'shows nothing to the first call of a handle',
    'handles/first-calls',
    first(() => ({ inspect: async () => null })),
  ),
  mutant(
    'evicts nothing by the first call of a handle',
    'handles/first-calls',
    first(() => ({ evict: async () => false })),
  ),
  mutant(
    'lists nothing to the first call of a handle',
    'handles/first-calls',
    first(() => ({ async *list() {} })),
  ),
  mutant(
    'never tells a watcher that is the first call of a handle',
    'handles/first-calls',
    first((inner) => ({ watch: async () => (await inner.watch?.(() => {})) ?? (async () => {}) })),
  ),
  mutant(
    'finds nothing by the calls that come while the first call of a handle connects',
    'handles/first-calls-together',
    preparing(() => nothing),
  ),
  mutant(
    'refuses the claims that come while the first call of a handle connects',
    'handles/first-calls-together',
    preparing(() => ({ acquire: async () => ({ acquired: false, retryAfterMs: null, ahead: null }) })),
  ),
  mutant(
    'never tells a watcher that begins while the first call of a handle connects',
    'handles/first-calls-together',
    preparing((inner) => ({ watch: async () => (await inner.watch?.(() => {})) ?? (async () => {}) })),
  ),
]
