import type { Claim } from '@holdfast/core'
import type { Kit } from '../reference.js'
import { endingAt, fake, gap, type Mutant, mutant, roomOf } from './mutant.js'
import { telling } from './watching.js'

const changes = (kit: Kit, { name, owner, mode }: Claim): boolean =>
  mode === 'shared' && roomOf(kit, name).holders.get(owner)?.mode === 'exclusive'

export const modeChangeMutants: readonly Mutant[] = [
  mutant('stays exclusive when its owner claims again as shared', 'shared/downgrade', (kit) => (inner) => ({
    ...inner,
    acquire: (claim) => {
      const mode = roomOf(kit, claim.name).holders.get(claim.owner)?.mode ?? claim.mode
      return inner.acquire({ ...claim, mode })
    },
  })),
  mutant('gives up the lease and takes a new one to change the mode', 'shared/downgrade', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const mode = roomOf(kit, claim.name).holders.get(claim.owner)?.mode ?? claim.mode
      if (mode !== claim.mode) await inner.release({ name: claim.name, owner: claim.owner })
      return inner.acquire(claim)
    },
  })),
  mutant('does not look at the line when an owner changes to shared', 'shared-line/downgrade', (kit) => (inner) => ({
    ...inner,
    acquire: (claim) => {
      const room = roomOf(kit, claim.name)
      const mode = room.holders.get(claim.owner)?.mode
      return inner.acquire(mode !== undefined && room.line.length > 0 ? { ...claim, mode } : claim)
    },
  })),
  mutant('lets others in while an owner changes to shared', 'shared/downgrade-atomic', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const hold = roomOf(kit, claim.name).holders.get(claim.owner)
      if (hold === undefined || !changes(kit, claim)) return inner.acquire(claim)
      await inner.release({ name: claim.name, owner: claim.owner })
      await gap()
      roomOf(kit, claim.name).holders.set(claim.owner, { ...hold, mode: 'shared' })
      return fake(claim, hold.fence)
    },
  })),
  mutant('keeps the old end when an owner changes to shared', 'shared/downgrade-refreshes', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const end = changes(kit, claim) ? roomOf(kit, claim.name).holders.get(claim.owner)?.expiresAt : undefined
      const outcome = await inner.acquire(claim)
      if (end !== undefined) endingAt(kit, claim.name, () => end)
      return outcome
    },
  })),
  mutant('cuts a lease to the ttl of its change to shared', 'shared/downgrade-cuts-nothing', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const change = changes(kit, claim)
      const outcome = await inner.acquire(claim)
      if (change) endingAt(kit, claim.name, () => kit.clock.now() + claim.ttlMs)
      return outcome
    },
  })),
  mutant(
    'lets those who wait in when they ask, after an owner changed to shared',
    ['shared-line/downgrade-together', 'watch/downgrade'],
    (kit) => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const { line } = roomOf(kit, claim.name)
        const waiting = changes(kit, claim) ? line.splice(0) : []
        const outcome = await inner.acquire(claim)
        line.push(...waiting)
        return outcome
      },
      inspect: (name) => {
        const { line } = roomOf(kit, name)
        const waiting = line.splice(0)
        return inner.inspect(name).finally(() => line.push(...waiting))
      },
    }),
  ),
  mutant(
    'lets all who would share in past a waiting writer, when an owner changes to shared',
    'shared-line/downgrade-together',
    (kit) => (inner) => ({
      ...inner,
      acquire: async (claim) => {
        const { line } = roomOf(kit, claim.name)
        const writers = line.filter((place) => place.claim.mode === 'exclusive')
        if (changes(kit, claim)) for (const writer of writers) line.splice(line.indexOf(writer), 1)
        const outcome = await inner.acquire(claim)
        line.push(...writers.filter((writer) => !line.includes(writer)))
        return outcome
      },
    }),
  ),
  mutant('lets one in when an owner changes to shared', 'shared-line/downgrade-together', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const { line } = roomOf(kit, claim.name)
      const behind = changes(kit, claim) ? line.splice(1) : []
      const outcome = await inner.acquire(claim)
      line.push(...behind)
      return outcome
    },
    inspect: (name) => {
      const { line } = roomOf(kit, name)
      const waiting = line.splice(0)
      return inner.inspect(name).finally(() => line.push(...waiting))
    },
  })),
  mutant('tells nobody when an owner changes to shared', 'watch/downgrade', (kit) => {
    let changing = false
    return (inner, index) => ({
      ...telling(() => (turn) => (changing ? null : turn))(kit)(inner, index),
      acquire: async (claim) => {
        changing = changes(kit, claim)
        const outcome = await inner.acquire(claim)
        await gap()
        changing = false
        return outcome
      },
    })
  }),
  mutant('makes the only reader a writer when it claims again as one', 'shared/upgrade-refused', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const { holders } = roomOf(kit, claim.name)
      const mine = holders.get(claim.owner)
      if (mine !== undefined && holders.size === 1) mine.mode = claim.mode
      return inner.acquire(claim)
    },
  })),
  mutant('keeps a place in line for a reader who would write', 'shared/upgrade-line', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const { holders, line } = roomOf(kit, claim.name)
      if (claim.mode === 'shared' || claim.lineMs === undefined || !holders.has(claim.owner))
        return inner.acquire(claim)
      line.push({ claim, expiresAt: kit.clock.now() + claim.lineMs, tell: () => undefined })
      return { acquired: false, retryAfterMs: null, ahead: line.length - 1 }
    },
  })),
  mutant('gives up the lease of a reader who would write', 'shared/upgrade-refused', (kit) => (inner) => ({
    ...inner,
    acquire: async (claim) => {
      const mine = roomOf(kit, claim.name).holders.get(claim.owner)
      const outcome = await inner.acquire(claim)
      if (mine?.mode === 'shared' && claim.mode === 'exclusive') await inner.release(claim)
      return outcome
    },
  })),
]
