import type { Claim, LockBackend } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectLost, expectSame, expectThat, fenceOf, isGranted } from '../../suite/expect.js'
import { random, type Random } from '../../suite/random.js'
import type { World } from '../../suite/world.js'

/**
 * A hold as its owner saw it, in the order in which this process saw everything happen. The owner
 * certainly held from `grantedBy` to `releasedFrom`.
 */
interface Hold {
  readonly owner: string
  readonly fence: number | null
  /** The time just after the grant arrived. */
  readonly grantedBy: number
  /** The time just before the release was sent. */
  readonly releasedFrom: number
}

/** All calls at once for a while, judged afterwards from the observations of every participant. */
export const storm: readonly ConformanceCase[] = [
  {
    id: 'storm/history',
    title: 'no two owners hold at the same time in a storm of all operations, and fences follow the grants',
    run: async (world) => {
      const { a, b } = world
      const names = [world.name, world.named('/2')]
      const histories = new Map<string, Hold[]>(names.map((name) => [name, []]))
      const [seed = 0] = crypto.getRandomValues(new Uint32Array(1))
      let moments = 0
      const moment = (): number => ++moments
      const workers = [a, b, a, b, a, b].map((handle, index) =>
        work({ world, handle, dice: random(seed + index), histories, moment }),
      )
      await Promise.all(workers)
      let grants = 0
      for (const [name, holds] of histories) {
        judge(holds, `${name} (seed ${seed})`)
        grants += holds.length
        expectSame(await a.inspect(name), null, 'inspect when everybody has released')
      }
      expectThat(grants >= 10, 'a storm in which at least ten claims are granted', grants)
    },
  },
]

interface Worker {
  readonly world: World
  readonly handle: LockBackend
  readonly dice: Random
  readonly histories: ReadonlyMap<string, Hold[]>
  readonly moment: () => number
}

/** A participant: forty rounds of asking, and while it holds, of calls that must change nothing. */
async function work({ world, handle, dice, histories, moment }: Worker): Promise<void> {
  const names = [...histories.keys()]
  for (let round = 0; round < 40; round++) {
    const name = names[dice(names.length)] ?? world.name
    const claim = world.claim({ name })
    const outcome = await handle.acquire(claim)
    const grantedBy = moment()
    if (!outcome.acquired) {
      await mischief(world, handle, dice, name)
      continue
    }
    for (let step = dice(4); step > 0; step--) await hold(handle, dice, claim, outcome.fence)
    const releasedFrom = moment()
    expectSame(await handle.release({ name, owner: claim.owner }), 'released', 'release by an owner who holds')
    histories.get(name)?.push({ owner: claim.owner, fence: outcome.fence, grantedBy, releasedFrom })
  }
}

/** Calls that a holder may make any number of times. */
async function hold(handle: LockBackend, dice: Random, claim: Claim, fence: number | null): Promise<void> {
  const move = dice(3)
  if (move === 0) expectSame((await handle.extend([claim]))[0]?.status, 'extended', 'extend by an owner who holds')
  else if (move === 1)
    expectSame(isGranted(await handle.acquire(claim), 'claim by an owner who holds').fence, fence, 'its fence')
  else {
    const holders = (await handle.inspect(claim.name))?.holders.map((holder) => holder.owner)
    expectSame(holders, [claim.owner], 'who holds, seen by an owner who holds')
  }
}

/** Calls that must fail for an owner without the name. */
async function mischief({ claim }: World, handle: LockBackend, dice: Random, name: string): Promise<void> {
  const stranger = claim({ name })
  if (dice(2) === 0) expectLost(await handle.extend([stranger]), 'extend by a stranger')
  else expectSame(await handle.release({ name, owner: stranger.owner }), 'not-held', 'release by a stranger')
}

/** Compares intervals, never points: from the grant that had arrived to the release that was not yet sent. */
function judge(holds: readonly Hold[], where: string): void {
  for (const one of holds) {
    for (const other of holds) {
      if (one === other) continue
      const first = one.releasedFrom <= other.grantedBy
      expectThat(first || other.releasedFrom <= one.grantedBy, `two owners of ${where} held at the same time`, [
        one,
        other,
      ])
      if (!first || one.fence === null || other.fence === null) continue
      expectThat(fenceOf(one) < fenceOf(other), `a later grant of ${where} has the higher fence`, [one, other])
    }
  }
}
