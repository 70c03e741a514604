import type { Turn } from '@holdfast/core'
import { claiming, endingAt, gap, type Mutant, mutant, roomOf } from './mutant.js'
import { telling } from './watching.js'

/** Changes the notifications while a name is taken by force. */
function hintsWhile(force: 'steal' | 'evict', change: (turn: Turn) => Turn | null): Mutant['wrapFor'] {
  let forced = 0
  const forcing = async <T>(call: () => Promise<T>): Promise<T> => {
    forced++
    try {
      return await call()
    } finally {
      await gap()
      forced--
    }
  }
  return (kit) => (inner, index) => {
    const told = telling(() => (turn) => (forced > 0 ? change(turn) : turn))(kit)(inner, index)
    if (force === 'evict') return { ...told, evict: (name) => forcing(() => inner.evict(name)) }
    return {
      ...told,
      acquire: (claim) => (claim.steal ? forcing(() => inner.acquire(claim)) : inner.acquire(claim)),
    }
  }
}

export const stealMutants: readonly Mutant[] = [
  mutant('grants the name to the head of the line, and steals it from there', 'steal/free-line', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (claim.steal) await inner.inspect(claim.name)
      return inner.acquire(claim)
    },
  })),
  mutant('grants the name to the head of the line, and evicts it from there', 'eviction/free-line', () => (inner) => ({
    ...inner,
    evict: async (name) => {
      await inner.inspect(name)
      return inner.evict(name)
    },
  })),
  mutant('drops the line of a name that it evicts from nobody', 'eviction/free-line', (kit) => (inner) => ({
    ...inner,
    evict: async (name) => {
      const { holders, line } = roomOf(kit, name)
      if ([...holders.values()].every(({ expiresAt }) => expiresAt <= kit.clock.now())) line.splice(0)
      return inner.evict(name)
    },
  })),
  mutant('sends the head of the line to its end when the name is stolen', 'steal/line-stays', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const { line } = roomOf(kit, claim.name)
      if (claim.steal) line.push(...line.splice(0, 1))
      return inner.acquire(claim)
    },
  })),
  mutant('makes whoever steals wait for its turn', ['steal/line-stays', 'steal/free-line'], (kit) => (inner) => ({
    ...inner,
    acquire: ({ steal, ...claim }) =>
      inner.acquire({ ...claim, ...(steal && roomOf(kit, claim.name).line.length === 0 && { steal }) }),
  })),
  mutant('leaves whoever steals in line', 'steal/leaves-line', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const place = roomOf(kit, claim.name).line.find((one) => one.claim.owner === claim.owner)
      const outcome = await inner.acquire(claim)
      if (claim.steal && place !== undefined) roomOf(kit, claim.name).line.unshift(place)
      return outcome
    },
  })),
  mutant('steals an owner’s own lease from it', 'steal/own', () => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      if (claim.steal) await inner.release({ name: claim.name, owner: claim.owner })
      return inner.acquire(claim)
    },
  })),
  mutant('does nothing when an owner steals its own lease', 'steal/own', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const mine = roomOf(kit, claim.name).holders.get(claim.owner)
      const end = mine?.expiresAt
      const outcome = await inner.acquire(claim)
      if (claim.steal && end !== undefined) endingAt(kit, claim.name, () => end)
      return outcome
    },
  })),
  mutant('steals from the others when a shared owner claims again', 'steal/own-shared', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const { holders } = roomOf(kit, claim.name)
      if (claim.steal && holders.has(claim.owner)) {
        for (const owner of holders.keys()) if (owner !== claim.owner) holders.delete(owner)
      }
      return inner.acquire(claim)
    },
  })),
  mutant('lets a shared theft join those who share', 'steal/by-reader', (kit) => (inner) => ({
    ...inner,
    acquire: ({ steal, ...claim }) => {
      const shared = [...roomOf(kit, claim.name).holders.values()].every(({ mode }) => mode === 'shared')
      const joins = claim.mode === 'shared' && shared
      return inner.acquire({ ...claim, ...(steal && !joins && { steal }) })
    },
  })),
  mutant(
    'makes every theft exclusive',
    'steal/by-reader',
    claiming((claim) => (claim.steal ? { ...claim, mode: 'exclusive', limit: 1 } : claim)),
  ),
  mutant(
    'does not tell who is stolen from',
    ['losses/stolen', 'losses/names'],
    hintsWhile('steal', () => null),
  ),
  mutant('tells of a theft to the thief’s own handle only', 'losses/stolen', (kit) => {
    let thief = -1
    return (inner, index) => ({
      ...telling(() => (turn) => (thief === index || thief < 0 ? turn : null))(kit)(inner, index),
      acquire: async (claim) => {
        thief = claim.steal ? index : -1
        return inner.acquire(claim)
      },
    })
  }),
  mutant('tells the thief of the theft, in place of who held the name', 'losses/stolen', (kit) => {
    let thief = ''
    return (inner, index) => ({
      ...telling(() => (turn) => (thief === '' ? turn : { ...turn, owner: thief }))(kit)(inner, index),
      acquire: async (claim) => {
        thief = claim.steal ? claim.owner : ''
        return inner.acquire(claim)
      },
    })
  }),
  mutant(
    'tells of thefts under a prefix',
    ['losses/stolen', 'losses/names'],
    hintsWhile('steal', (turn) => ({ ...turn, name: `lock:${turn.name}` })),
  ),
  mutant(
    'tells names that were stolen up to a space',
    'losses/names',
    hintsWhile('steal', (turn) => ({ ...turn, name: turn.name.split(' ')[0] ?? '' })),
  ),
  mutant('tells one of several who are stolen from', 'losses/readers', (kit) => {
    const told = new Set<string>()
    const once = (turn: Turn): Turn | null => {
      if (told.has(turn.name)) return null
      told.add(turn.name)
      return turn
    }
    return hintsWhile('steal', once)(kit)
  }),
  mutant(
    'does not tell who is evicted',
    'losses/evicted',
    hintsWhile('evict', () => null),
  ),
]
