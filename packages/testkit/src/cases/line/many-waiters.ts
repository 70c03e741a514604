import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS } from '../../suite/world.js'

const MANY = 120
/** More waiters than a store might have room for. */
const CROWD = 320
/** More ended places than a page of a hundred, if a step of the store reads the line in pages. */
const ENDED = 130

/** More ended places than one step of a store drops, which may ask to be sent again while there are more. */
const ALL_ENDED = 400

/** More refreshes than a store might count in a byte. */
const REFRESHES = 300

/** A line may have any length. */
export const manyWaiters: readonly ConformanceCase[] = [
  {
    id: 'line/many-waiters',
    title:
      'a hundred and twenty waiters are answered their places, keep them in a steal, and are served in their order',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      await expectGranted(a, first, 'nobody holds the name')
      const waiters: Claim[] = []
      for (let index = 0; index < MANY; index++) {
        const waiter = claim({ lineMs: LONG_MS })
        waiters.push(waiter)
        const { ahead } = await expectRefused(index % 2 ? a : b, waiter, 'the name is held')
        expectSame(ahead, index, `how many stand before number ${index + 1} of ${MANY}`)
      }
      expectSame((await b.inspect(name))?.waiting, MANY, 'how many wait')
      await expectGranted(b, claim({ steal: true }), 'a claim that steals')
      expectSame((await a.inspect(name))?.waiting, MANY, 'how many wait after a steal')
      await a.evict(name)
      const [head, ...others] = waiters
      await expectHeldBy(b, name, [head?.owner ?? ''], 'the turn of the head, after an eviction')
      expectSame((await b.inspect(name))?.waiting, MANY - 1, 'how many wait after an eviction')
      let holder = head?.owner ?? ''
      for (const [index, waiter] of others.entries()) {
        await a.release({ name, owner: holder })
        if (index % 20 === 0 || index === MANY - 2) await expectHeldBy(b, name, [waiter.owner], `turn ${index + 2}`)
        holder = waiter.owner
      }
    },
  },
  {
    id: 'line/many-places',
    rule: 'place',
    title: 'three hundred and twenty owners wait in one line, each in a place of its own',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      const waiters = Array.from({ length: CROWD }, () => claim({ lineMs: LONG_MS }))
      const aheads: (number | null)[] = []
      await inPortions(waiters, async (waiter, index) => {
        aheads.push((await expectRefused(index % 2 ? a : b, waiter, 'the name is held')).ahead)
      })
      const places = waiters.map((_, index) => index)
      expectSame(
        aheads.toSorted((one, other) => Number(one) - Number(other)),
        places,
        `how many stand before each of ${CROWD}`,
      )
      expectSame((await b.inspect(name))?.waiting, CROWD, 'how many wait')
    },
  },
  {
    id: 'line/many-ended-places',
    title: 'nobody overtakes a waiter behind a hundred and thirty places that have ended',
    requires: ['line'],
    run: async ({ a, b, named, claim, ms, outlive }) => {
      for (const count of [12, ENDED]) {
        const name = named(`/${count}`)
        const first = claim({ name })
        const living = claim({ name, lineMs: LONG_MS })
        await expectGranted(a, first, 'nobody holds the name')
        const ended = Array.from({ length: count }, () => claim({ name, lineMs: ms(300) }))
        await inPortions(ended, (each) => b.acquire(each))
        await expectRefused(a, living, 'the name is held')
        await outlive(ms(300))
        await a.release({ name, owner: first.owner })
        await expectRefused(b, claim({ name }), `a living waiter stands behind ${count} places that have ended`)
        await expectGranted(a, living, 'all places before have ended')
        await expectHeldBy(b, name, [living.owner], 'all places before have ended')
      }
    },
  },
  {
    id: 'line/all-places-ended',
    title: 'a free name is granted although four hundred places in its line have ended',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const first = claim()
      await expectGranted(a, first, 'nobody holds the name')
      const ended = Array.from({ length: ALL_ENDED }, () => claim({ lineMs: ms(500) }))
      await inPortions(ended, (each) => b.acquire(each))
      await outlive(ms(500))
      await a.release({ name, owner: first.owner })
      await expectGranted(b, claim(), `nobody holds the name, and all of ${ALL_ENDED} places in its line have ended`)
    },
  },
  {
    id: 'line/many-refreshes',
    rule: 'place',
    title: 'a waiter that claims again three hundred times keeps its place',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const holder = claim()
      const [head, second] = [claim({ lineMs: LONG_MS }), claim({ lineMs: LONG_MS })]
      await expectGranted(a, holder, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      const again = Array.from({ length: REFRESHES }, () => head)
      await inPortions(again, async (each, index) => {
        const { ahead } = await expectRefused(index % 2 ? a : b, each, 'the name is held')
        expectSame(ahead, 0, 'ahead of the head that claims again')
      })
      await a.release({ name, owner: holder.owner })
      await expectHeldBy(b, name, [head.owner], `the head of the line claimed again ${REFRESHES} times`)
    },
  },
]
