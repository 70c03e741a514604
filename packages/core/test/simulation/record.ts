import type { LockBackend } from '../../src/backend.js'
import type { Clock } from '../../src/clock.js'
import { memoryBackend, type MemoryStore, memoryStore } from '../../src/memory/index.js'

/** The holds as the store has them, and the fences that were given to each owner. */
export interface StoreRecord {
  readonly store: MemoryStore
  /** A backend for one client. */
  client(): LockBackend
  /** The end of the hold on the name, on the store's clock; −Infinity if there is none. */
  heldUntil(name: string, holder: HolderKey, exclusively: boolean): number
  /** The time when the name was taken by force from this holder, if it was. */
  takenAt(name: string, holder: HolderKey): number | undefined
  /** Whether the name is held. */
  isHeld(name: string): boolean
  /** Calls `listener` with name and owner, as the store has them, whenever a hold is taken by force. */
  onTaken(listener: (name: string, owner: string) => void): void
}

/** The fence of a holder, or its owner. */
export type HolderKey = number | string

/** A hold that was taken by force. */
interface Taken {
  readonly at: number
  /** The greatest fence that its owner had at that time: the owner may be granted the name again. */
  readonly lastFence: number
}

interface Reserved {
  readonly owner: string
  readonly first: number
  readonly last: number
}

/** A short text for an owner in the log. */
const short = ({ name, owner }: { name: string; owner: string }): string => `${name.slice(0, 8)} ${owner.slice(-4)}`

export function createRecord(clock: Clock, note: (line: string) => void): StoreRecord {
  const store = memoryStore()
  const reserved = new Map<string, Reserved[]>()
  const taken = new Map<string, Taken>()
  const wanted = new Map<string, number>()
  const listeners: ((name: string, owner: string) => void)[] = []

  const reserve = (name: string, owner: string, first: number | null, count: number): void => {
    if (first === null) return
    const ranges = reserved.get(name) ?? []
    ranges.push({ owner, first, last: first + count - 1 })
    reserved.set(name, ranges)
  }

  const holders = (name: string): [string, { mode: string; fence: number; expiresAt: number }][] =>
    [...(store.names.get(name)?.holders ?? [])].filter(([, { expiresAt }]) => expiresAt > clock.now())

  const ownersOf = (name: string, fence: HolderKey): string[] => {
    if (typeof fence === 'string') return [fence]
    const found = (reserved.get(name) ?? []).filter(({ first, last }) => first <= fence && fence <= last)
    // A grant to a waiter that was announced, and never asked about, is known to the store alone.
    const granted = holders(name).filter(
      ([owner, hold]) => hold.fence <= fence && fence < hold.fence + (wanted.get(owner) ?? 1),
    )
    return [...found.map(({ owner }) => owner), ...granted.map(([owner]) => owner)]
  }

  /** Records the fences of grants to waiters: such a grant is announced, and may never be asked about. */
  const remember = (name: string): void => {
    for (const [owner, { fence }] of store.names.get(name)?.holders ?? []) {
      const known = reserved.get(name)?.some((range) => range.owner === owner && range.first === fence)
      if (known !== true) reserve(name, owner, fence, wanted.get(owner) ?? 1)
    }
  }

  /** Notes each hold that the command took from its owner. */
  const noteTaken = async <T>(name: string, owner: string, command: () => Promise<T>): Promise<T> => {
    remember(name)
    const before = holders(name)
    const answer = await command()
    const after = new Set(holders(name).map(([each]) => each))
    for (const [each, { fence }] of before) {
      if (each === owner || after.has(each)) continue
      const own = (reserved.get(name) ?? []).filter((range) => range.owner === each)
      const lastFence = Math.max(fence, ...own.map(({ last }) => last))
      taken.set(`${name} ${each}`, { at: clock.now(), lastFence })
      for (const listener of listeners) listener(name, each)
    }
    return answer
  }

  return {
    store,
    client: () => {
      const backend = memoryBackend({ clock, store })
      return {
        ...backend,
        acquire: async (claim) => {
          wanted.set(claim.owner, claim.fences ?? 1)
          const { mode, fences = 1, steal = false } = claim
          const acquire = (): ReturnType<LockBackend['acquire']> => backend.acquire(claim)
          const answer = claim.steal === true ? await noteTaken(claim.name, claim.owner, acquire) : await acquire()
          if (answer.acquired) reserve(claim.name, claim.owner, answer.fence, fences)
          remember(claim.name)
          const said = answer.acquired ? `granted ${answer.fence}` : `refused, ${answer.ahead} ahead`
          note(
            `    ${short(claim)} acquire ${mode} ${claim.ttlMs} ms ${fences} fences${steal ? ' by force' : ''}: ${said}`,
          )
          return answer
        },
        extend: async (claims) => {
          const answers = await backend.extend(claims)
          for (const [i, claim] of claims.entries()) {
            const { name, owner, fences = 1 } = claim
            const answer = answers[i]
            remember(name)
            note(`    ${short(claim)} extend ${claim.mode} ${claim.ttlMs} ms: ${answer?.status}`)
            if (answer?.status === 'extended') reserve(name, owner, answer.fence, fences)
          }
          return answers
        },
        release: async (ownership) => {
          const answer = await backend.release(ownership)
          remember(ownership.name)
          note(`    ${short(ownership)} release: ${answer}`)
          return answer
        },
        evict: async (name) => {
          const answer = await noteTaken(name, '', () => backend.evict(name))
          note(`    ${name} evict: ${answer}`)
          return answer
        },
      }
    },
    heldUntil: (name, holder, exclusively) => {
      const owners = ownersOf(name, holder)
      const ends = holders(name)
        .filter(([owner, { mode }]) => owners.includes(owner) && !(exclusively && mode === 'shared'))
        .map(([, { expiresAt }]) => expiresAt)
      return Math.max(-Infinity, ...ends)
    },
    takenAt: (name, holder) => {
      for (const owner of ownersOf(name, holder)) {
        const found = taken.get(`${name} ${owner}`)
        // A store that gives no fences to its clients still has a fence for each hold.
        const fence = typeof holder === 'number' ? holder : (store.names.get(name)?.holders.get(owner)?.fence ?? 0)
        if (found !== undefined && fence <= found.lastFence) return found.at
      }
      return undefined
    },
    isHeld: (name) => holders(name).length > 0,
    onTaken: (listener) => void listeners.push(listener),
  }
}
