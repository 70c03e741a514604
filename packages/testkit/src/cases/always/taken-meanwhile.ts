import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectSame, expectThat } from '../../suite/expect.js'
import type { World } from '../../suite/world.js'

/**
 * A store that compares in one step and writes in the next fails when the call by force comes between the two steps.
 */
const ROUNDS = 4
const SHORT_MS = 20

/** A last call of the holder. */
interface Last {
  readonly verb: string
  readonly make: (handle: LockBackend, mine: Claim) => Promise<unknown>
}

const LAST: readonly Last[] = [
  { verb: 'released', make: (handle, { name, owner }) => handle.release({ name, owner }) },
  { verb: 'extended for a short time', make: (handle, mine) => handle.extend([{ ...mine, ttlMs: SHORT_MS }]) },
  {
    verb: 'released with a short keepMs',
    make: (handle, { name, owner }) => handle.release({ name, owner, keepMs: SHORT_MS }),
  },
]

/** A call that takes the name by force for the next owner. Answers whether the next owner was granted it. */
interface Force {
  readonly said: string
  readonly make: (handle: LockBackend, next: Claim) => Promise<boolean>
}

const FORCES: readonly Force[] = [
  {
    said: 'a claim that steals',
    make: async (handle, next) => (await handle.acquire({ ...next, steal: true })).acquired,
  },
  {
    said: 'a claim after evict',
    make: async (handle, next) => {
      await handle.evict(next.name)
      return (await handle.acquire(next)).acquired
    },
  },
]

/** The former holder's last call and a call by force, at the same time through two handles. */
export const takenMeanwhile: readonly ConformanceCase[] = [
  {
    id: 'concurrency/taken-meanwhile',
    title: 'a call of a holder from whom the name is taken at the same time does nothing to the next holder',
    run: async (world) => {
      const pairs = LAST.flatMap((last) => FORCES.map((force) => ({ last, force })))
      for (let round = 0; round < ROUNDS; round++) {
        const played = pairs.flatMap((pair, index) =>
          [true, false].map((lastFirst) =>
            meet(world, { ...pair, lastFirst, suffix: `/${round}/${index}/${lastFirst}` }),
          ),
        )
        await Promise.all(played)
      }
    },
  },
]

interface Meeting {
  readonly last: Last
  readonly force: Force
  /** Whether the last call is sent before the call by force. */
  readonly lastFirst: boolean
  readonly suffix: string
}

async function meet({ a, b, claim, named }: World, { last, force, lastFirst, suffix }: Meeting): Promise<void> {
  const mine = claim({ name: named(suffix) })
  const next = claim({ name: mine.name })
  await expectGranted(a, mine, 'a free name')
  const calls = [(): Promise<unknown> => last.make(a, mine), (): Promise<unknown> => force.make(b, next)]
  const answers = await Promise.all((lastFirst ? calls : calls.toReversed()).map((call) => call()))
  if (answers[lastFirst ? 1 : 0] !== true) return
  const seen = await b.inspect(mine.name)
  const when = `${force.said} was granted the name while the former holder ${last.verb}`
  expectSame(seen?.holders.map(({ owner }) => owner) ?? [], [next.owner], `${when}: who holds the name`)
  const remainingMs = seen?.holders[0]?.remainingMs ?? 0
  expectThat(remainingMs > next.ttlMs / 2, `${when}: what remains of ${next.ttlMs} ms`, remainingMs)
}
