import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker } from '@holdfast/core'
import Redlock from 'redlock'
import type { Contender, Held, Locks } from './contender.js'
import { holdfast } from './holdfast.js'
import { rawIoredis } from './raw.js'
import { redlock } from './redlock.js'

// Several names at once: all of them, or none. Each contender takes the names `<name>:0` to `<name>:7` for a name.

export const TOGETHER = 8

const namesFor = (name: string): string[] => Array.from({ length: TOGETHER }, (_, i) => `${name}:${i}`)

/** The pairs of the bare client, side by side. When one pair is refused, the other names are not taken back. */
export const rawSeveral: Contender = {
  ...rawIoredis,
  id: 'raw-several',
  open: (clients, terms) => {
    const bare = rawIoredis.open(clients, terms)
    return takingOnly(async (name) => {
      const held = await Promise.all(namesFor(name).map((each) => bare.acquire(each)))
      return { release: () => Promise.all(held.map((each) => each.release())) }
    })
  },
}

/** `acquire` of a list. */
export const holdfastSeveral: Contender = {
  ...holdfast,
  id: 'holdfast-several',
  open: ({ ioredis }, { ttlMs, waitMs }) => {
    const locks = createLocker({ backend: ioredisBackend(ioredis), ttlMs, waitMs })
    return { ...takingOnly((name) => locks.acquire(namesFor(name))), close: () => locks.close() }
  },
}

/** `acquire` of a list of resources, which have to lie in one slot of a Cluster. */
export const redlockSeveral: Contender = {
  ...redlock,
  id: 'redlock-several',
  open: ({ ioredis }, { ttlMs }) => {
    const locks = new Redlock([ioredis]).on('error', () => {})
    return takingOnly((name) => locks.acquire(namesFor(name), ttlMs))
  },
}

/** The workload with several names never calls `tryAcquire`. */
const takingOnly = (acquire: (name: string) => Promise<Held>): Locks => ({ acquire, tryAcquire: acquire })
