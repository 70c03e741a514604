import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

/** Waiters may end without leaving the line. The other waiters come to their turn all the same. */
export const lineDeaths: readonly ConformanceCase[] = [
  {
    id: 'line/place-ends',
    rule: 'place',
    title: 'a place that nobody refreshes is lost after lineMs',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const first = claim()
      const gone = claim({ lineMs: ms(100) })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, gone, 'the name is held')
      await outlive(ms(100))
      await a.release({ name, owner: first.owner })
      await expectGranted(a, claim(), 'the only place in line has ended')
    },
  },
  {
    id: 'line/place-lasts',
    rule: 'place',
    title: 'a place in line lasts for the whole of its lineMs',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const first = claim()
      const head = claim({ lineMs: ms(400) })
      const start = now()
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await before(start + ms(400), async () => {
        await pass(ms(250))
        await a.release({ name, owner: first.owner })
        await expectRefused(a, claim(), 'the place in line has not ended')
        await expectGranted(b, head, 'its turn has come')
      })
    },
  },
  {
    id: 'line/place-is-not-a-ttl',
    rule: 'place',
    title: 'a place in line may last longer than the ttl of its claim',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const first = claim()
      const head = claim({ ttlMs: ms(150), lineMs: LONG_MS })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await outlive(head.ttlMs)
      const start = now()
      await a.release({ name, owner: first.owner })
      await before(start + head.ttlMs, () => expectRefused(a, claim(), 'the head of the line comes first'))
    },
  },
  {
    id: 'line/back-of-the-line',
    title: 'who lost its place stands behind those who came in the meantime',
    requires: ['line'],
    run: async ({ a, b, claim, ms, outlive }) => {
      const late = claim({ lineMs: ms(100) })
      const other = claim({ lineMs: LONG_MS })
      await expectGranted(a, claim(), 'nobody holds the name')
      await expectRefused(b, late, 'the name is held')
      await outlive(ms(100))
      await expectRefused(b, other, 'the name is held')
      expectSame(
        (await expectRefused(b, { ...late, lineMs: LONG_MS }, 'the name is held')).ahead,
        1,
        'ahead of who came back late',
      )
      expectSame((await expectRefused(b, other, 'the name is held')).ahead, 0, 'ahead of who came in the meantime')
    },
  },
  {
    id: 'line/back-from-the-middle',
    title: 'who lost its place between two others stands behind both',
    requires: ['line'],
    run: async ({ a, b, claim, ms, outlive }) => {
      const late = claim({ lineMs: ms(100) })
      const others = [claim({ lineMs: LONG_MS }), claim({ lineMs: LONG_MS })] as const
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const each of [others[0], late, others[1]]) await expectRefused(b, each, 'the name is held')
      await outlive(ms(100))
      for (const [each, ahead] of [
        [{ ...late, lineMs: LONG_MS }, 2],
        [others[1], 1],
        [others[0], 0],
      ] as const)
        expectSame((await expectRefused(b, each, 'the name is held')).ahead, ahead, 'ahead, after a lost place')
    },
  },
  {
    id: 'line/unconfirmed-passes-on',
    title: 'a grant that the head does not confirm goes to the next within lineMs',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const first = claim()
      const gone = claim({ lineMs: ms(200) })
      const living = claim({ lineMs: LONG_MS })
      await expectGranted(a, first, 'nobody holds the name')
      await b.acquire(gone)
      await expectRefused(b, living, 'the name is held')
      await a.release({ name, owner: first.owner })
      await outlive(ms(200))
      await expectGranted(b, living, 'the head did not confirm within its lineMs')
      await expectHeldBy(a, name, [living.owner], 'after a head that does not come back')
    },
  },
  {
    id: 'line/many-deaths',
    title: 'waiters that do not come back cost the others one lineMs in total, however many they are',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const first = claim()
      const living = claim({ lineMs: LONG_MS })
      await expectGranted(a, first, 'nobody holds the name')
      for (let count = 0; count < 6; count++) await b.acquire(claim({ lineMs: ms(200) }))
      await expectRefused(a, living, 'the name is held')
      await a.release({ name, owner: first.owner })
      await outlive(ms(200))
      await expectGranted(
        a,
        living,
        `six waiters with places of ${ms(200)} ms that did not come back delayed the next one for longer than that`,
      )
    },
  },
  {
    id: 'line/deaths-asked-about',
    title: 'waiters that ask do not prolong the grant of a head that does not come back',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, pass, outlive }) => {
      const first = claim()
      const living = claim({ lineMs: LONG_MS })
      await expectGranted(a, first, 'nobody holds the name')
      for (let count = 0; count < 3; count++) await b.acquire(claim({ lineMs: ms(200) }))
      await a.acquire(living)
      await a.release({ name, owner: first.owner })
      const end = now() + ms(200)
      while (now() < end) {
        const outcome = await a.acquire(living)
        if (outcome.acquired) return
        await pass(ms(40))
      }
      await outlive(0)
      await expectGranted(
        a,
        living,
        'waiters that did not come back delayed one that asked all the time for longer than lineMs',
      )
    },
  },
]
