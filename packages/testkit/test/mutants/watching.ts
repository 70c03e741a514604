import type { LockBackend, Turn } from '@holdfast/core'
import { gap, type Mutant, mutant, roomOf } from './mutant.js'

/** Drops some of the turns on their way to the watcher. */
export function telling(build: () => (turn: Turn) => Turn | null): Mutant['wrapFor'] {
  return () => (inner) => {
    const change = build()
    return {
      ...inner,
      watch: async (onTurn) =>
        (await inner.watch?.((turn) => {
          const told = change(turn)
          if (told !== null) onTurn(told)
        })) ?? (async () => undefined),
    }
  }
}

/** Drops all notifications while `verb` runs. */
function mutedBy(verb: 'release' | 'evict' | 'acquire'): Mutant['wrapFor'] {
  let muted = 0
  const quietly = async <T>(call: () => Promise<T>): Promise<T> => {
    muted++
    try {
      return await call()
    } finally {
      await gap()
      muted--
    }
  }
  return (kit) => (inner, index) => {
    const told = telling(() => (turn) => (muted > 0 ? null : turn))(kit)(inner, index)
    if (verb === 'release') return { ...told, release: (ownership) => quietly(() => inner.release(ownership)) }
    if (verb === 'evict') return { ...told, evict: (name) => quietly(() => inner.evict(name)) }
    return { ...told, acquire: (claim) => quietly(() => inner.acquire(claim)) }
  }
}

export const watchMutants: readonly Mutant[] = [
  mutant('tells nobody of the grant that a waiter makes room for by leaving', 'line/every-grant', (kit) => {
    let muted = 0
    const told = telling(() => (turn) => (turn.type === 'turn' && muted > 0 ? null : turn))(kit)
    return (inner, index) => ({
      ...told(inner, index),
      release: async (ownership) => {
        const waits = roomOf(kit, ownership.name).line.some(({ claim }) => claim.owner === ownership.owner)
        muted += Number(waits)
        const outcome = await inner.release(ownership)
        await gap()
        muted -= Number(waits)
        return outcome
      },
    })
  }),
  mutant('tells the waiters for the first name of a batch alone', 'watch/batch', (kit) => {
    const others = new Set<string>()
    const told = telling(() => (turn) => (others.has(turn.name) ? null : turn))(kit)
    return (inner, index) => ({
      ...told(inner, index),
      extend: async (claims) => {
        for (const { name } of claims.slice(1)) others.add(name)
        const outcomes = await inner.extend(claims)
        await gap()
        others.clear()
        return outcomes
      },
    })
  }),
  mutant('tells nobody that a name is kept no longer', 'watch/kept', (kit) => {
    const kept = new Set<string>()
    const told = telling(() => (turn) => (kept.has(turn.name) ? null : turn))(kit)
    return (inner, index) => ({
      ...told(inner, index),
      release: (ownership) => {
        if (ownership.keepMs !== undefined) kept.add(ownership.name)
        return inner.release(ownership)
      },
    })
  }),
  mutant('tells that its watch has fallen when it notifies somebody', 'watch/many-watchers', () => (inner) => ({
    ...inner,
    watch: async (onTurn, onStanding) =>
      (await inner.watch?.((turn) => {
        onTurn(turn)
        onStanding?.(false)
      })) ?? (async () => undefined),
  })),
  mutant(
    'never tells anybody',
    ['watch/release', 'watch/evict'],
    telling(() => () => null),
  ),
  mutant('tells nobody when a lease is released', 'watch/release', mutedBy('release')),
  mutant('tells nobody when a lease is evicted', 'watch/evict', mutedBy('evict')),
  mutant('tells nobody when a lease is found expired', 'watch/expiry', mutedBy('acquire')),
  mutant(
    'tells of every name once',
    'watch/next-in-line',
    telling(() => {
      const told = new Set<string>()
      return (turn) => {
        if (told.has(turn.name)) return null
        told.add(turn.name)
        return turn
      }
    }),
  ),
  mutant(
    'tells the first of several who are admitted together',
    'watch/readers',
    telling(() => {
      let last = ''
      return (turn) => {
        if (turn.name === last) return null
        last = turn.name
        queueMicrotask(() => (last = ''))
        return turn
      }
    }),
  ),
  mutant(
    'tells names normalised',
    'watch/names',
    telling(() => (turn) => ({ ...turn, name: turn.name.normalize('NFC') })),
  ),
  mutant(
    'tells names up to a comma',
    'watch/names',
    telling(() => (turn) => ({ ...turn, name: turn.name.split(',')[0] ?? '' })),
  ),
  mutant(
    'tells owners without their label',
    'watch/names',
    telling(() => (turn) => ({ ...turn, owner: turn.owner?.split('~')[1] ?? '' })),
  ),
  mutant('goes on telling after unwatch', 'watch/unwatch', () => (inner) => ({
    ...inner,
    watch: async (onTurn) => {
      await inner.watch?.(onTurn)
      return async () => undefined
    },
  })),
  mutant('ends every watcher of a function when one of them ends', 'watch/two-watchers', () => (inner) => {
    const watchers = new Set<(turn: Turn) => void>()
    const started = inner.watch?.((turn) => watchers.forEach((onTurn) => onTurn(turn)))
    return {
      ...inner,
      watch: async (onTurn) => {
        await started
        watchers.add(onTurn)
        return async () => void watchers.delete(onTurn)
      },
    } satisfies LockBackend
  }),
]
