import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy } from '../../suite/expect.js'
import type { World } from '../../suite/world.js'
import { disturbed, mustHaveStruck } from './disturb.js'

type Call = (backend: LockBackend, mine: Claim) => Promise<unknown>

const acquire: Call = (backend, mine) => backend.acquire(mine)
const extend: Call = (backend, mine) => backend.extend([{ ...mine, ttlMs: 2 * mine.ttlMs }])
const release: Call = (backend, { name, owner }) => backend.release({ name, owner })
const NOUNS: ReadonlyMap<Call, string> = new Map([
  [acquire, 'claim'],
  [extend, 'extension'],
  [release, 'release'],
])

/**
 * A network may deliver a command once more, long after its owner has gone. The copy must not affect the next holder.
 */
export const lateCopies: readonly ConformanceCase[] = [
  {
    id: 'unknown/acquire-again-later',
    title: 'a claim that arrives once more takes nothing from the next holder',
    requires: ['duplicate'],
    run: (world) => copied(world, [acquire, release], acquire),
  },
  {
    id: 'unknown/extend-again-later',
    title: 'an extension that arrives once more does nothing to the next holder',
    requires: ['duplicate'],
    run: (world) => copied(world, [acquire, extend, release], extend),
  },
  {
    id: 'unknown/release-again-later',
    title: 'a release that arrives once more frees nothing of the next holder',
    requires: ['duplicate'],
    run: (world) => copied(world, [acquire, release], release),
  },
]

/** Makes the calls, of which `twice` is copied; the copy arrives when the next holder has the name. */
async function copied(world: World, calls: readonly Call[], twice: Call): Promise<void> {
  const { b, claim, name } = world
  await disturbed(world, async ({ backend, duplicate }) => {
    const [mine, next] = [claim(), claim()]
    let copy: ReturnType<NonNullable<typeof duplicate>> | undefined
    for (const call of calls) {
      if (call === twice) copy = duplicate?.()
      await call(backend, mine)
    }
    mustHaveStruck(copy, 'duplicate', NOUNS.get(twice) ?? 'call')
    await expectGranted(b, next, 'the name was released')
    await copy?.deliver()
    await expectHeldBy(b, name, [next.owner], 'after a command of the former holder arrived once more')
  })
}
