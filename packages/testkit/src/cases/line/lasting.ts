import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity }
/**
 * A store may keep its records somewhat longer than the leases, which hides for that long that a lease ends too early.
 */
const LATER_MS = 4_000

const TEN_MINUTES_MS = 600_000

/** Leases and places that outlast the leases beside which they began. */
export const lasting: readonly ConformanceCase[] = [
  {
    id: 'shared/extended-lasts',
    title: 'a shared lease that was extended counts for as long, for its owner and for others',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const reader = claim({ ...reading, ttlMs: ms(500) })
      const start = now()
      await expectGranted(a, reader, 'nobody holds the name')
      const longer = { ...reader, ttlMs: LONG_MS }
      await before(start + reader.ttlMs, () => a.extend([longer]))
      await pass(reader.ttlMs + LATER_MS)
      await expectRefused(b, claim({ mode: 'shared', limit: 1 }), 'a reader holds the name, within its extension')
      await expectRefused(b, claim(), 'a reader holds the name, within its extension')
      expectSame((await b.extend([longer]))[0]?.status, 'extended', 'the next extension of that reader')
      await expectHeldBy(a, name, [reader.owner], 'within the extension')
    },
  },
  {
    id: 'release/keeps-shared',
    title: 'keepMs of a shared lease counts from the release, also when the lease had less time left',
    requires: ['shared'],
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const reader = claim({ ...reading, ttlMs: ms(300) })
      const start = now()
      await expectGranted(a, reader, 'nobody holds the name')
      const keeping = { name, owner: reader.owner, keepMs: LONG_MS }
      expectSame(
        await before(start + reader.ttlMs, () => a.release(keeping)),
        'released',
        'release with keepMs by a reader',
      )
      await pass(reader.ttlMs + LATER_MS)
      await expectRefused(b, claim(), `the name is kept for ${LONG_MS} ms`)
    },
  },
  {
    id: 'shared-line/admitted-lasts',
    title: 'a reader that is admitted from the line beside a shorter lease outlasts it',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 2 }
      const [short, leaving] = [claim({ ...permit, ttlMs: ms(800) }), claim({ ...permit, ttlMs: ms(800) })]
      const waiting = claim({ ...permit, lineMs: LONG_MS })
      const start = now()
      await before(start + short.ttlMs, async () => {
        for (const each of [short, leaving]) await expectGranted(a, each, 'a permit is left')
        await expectRefused(b, waiting, 'both permits are taken')
        await a.release({ name, owner: leaving.owner })
      })
      await pass(short.ttlMs + LATER_MS)
      await expectRefused(a, claim(), 'a reader was admitted from the line')
      await expectHeldBy(a, name, [waiting.owner], 'after the lease beside which a reader was admitted')
      await expectGranted(b, waiting, 'its turn has come')
    },
  },
  {
    id: 'line/refreshed-lasts',
    rule: 'place',
    title: 'a place that is refreshed all the time is kept, beyond the time that it was first given',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, pass, before }) => {
      const holder = claim()
      const placeMs = ms(1_500)
      const head = claim({ lineMs: placeMs })
      await expectGranted(a, holder, 'nobody holds the name')
      let asked = now()
      const end = asked + placeMs + LATER_MS
      await expectRefused(b, head, 'the name is held')
      while (now() < end) {
        await pass(ms(400))
        const again = now()
        await before(asked + placeMs, () => expectRefused(b, head, 'the name is held'))
        asked = again
      }
      await before(asked + placeMs, async () => {
        await a.release({ name, owner: holder.owner })
        await expectHeldBy(a, name, [head.owner], 'the head of the line refreshed its place all the time')
      })
    },
  },
  {
    id: 'line/refreshed-for-long',
    rule: 'place',
    title: 'a place that is refreshed for ten minutes of virtual time is kept',
    requires: ['line'],
    run: async ({ a, b, claim, exact, pass }) => {
      const holder = claim({ ttlMs: 4 * TEN_MINUTES_MS })
      const [head, behind] = [claim({ lineMs: 3_000 }), claim({ lineMs: 4 * TEN_MINUTES_MS })]
      await expectGranted(a, holder, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      // Real time would take too long: there, the place is only refreshed once.
      for (let passedMs = 0; passedMs < (exact ? TEN_MINUTES_MS : 1); passedMs += 1_000) {
        await pass(1_000)
        const { ahead } = await expectRefused(b, head, 'the name is held')
        expectSame(ahead, 0, 'ahead of the first waiter')
        if (passedMs === 10_000) await expectRefused(b, behind, 'the name is held')
      }
    },
  },
  {
    id: 'line/behind-a-short-place',
    title: 'a long place is kept behind a head whose short one passes without a confirmation',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, pass }) => {
      const holder = claim()
      const [gone, living] = [claim({ ttlMs: ms(100), lineMs: ms(300) }), claim({ lineMs: LONG_MS })]
      await expectGranted(a, holder, 'nobody holds the name')
      await expectRefused(b, gone, 'the name is held')
      await expectRefused(b, living, 'the name is held')
      await a.release({ name, owner: holder.owner })
      await pass(ms(300) + LATER_MS)
      await expectRefused(a, claim(), 'the second in line has waited longer')
      await expectGranted(b, living, 'the head did not confirm within its lineMs')
    },
  },
]
