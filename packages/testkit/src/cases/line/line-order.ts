import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectLost, expectRefused, expectSame } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const lineMs = LONG_MS

/** First come, first served. */
export const lineOrder: readonly ConformanceCase[] = [
  {
    id: 'line/fifo',
    title: 'those who wait are served in the order in which they came',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const waiting = [claim({ lineMs }), claim({ lineMs }), claim({ lineMs }), claim({ lineMs })]
      await expectGranted(a, first, 'nobody holds the name')
      for (const [index, each] of waiting.entries()) await expectRefused(index % 2 ? a : b, each, 'the name is held')
      let holder = first.owner
      for (const [index, each] of waiting.entries()) {
        await a.release({ name, owner: holder })
        for (const later of waiting.slice(index + 1).toReversed()) await expectRefused(a, later, 'others came before')
        await expectGranted(b, each, 'its turn has come')
        holder = each.owner
      }
    },
  },
  {
    id: 'line/ahead',
    rule: 'place',
    title: 'a refused claim in line is answered how many stand before it',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const [head, second, third] = [claim({ lineMs }), claim({ lineMs }), claim({ lineMs })]
      await expectGranted(a, first, 'nobody holds the name')
      expectSame((await expectRefused(a, head, 'the name is held')).ahead, 0, 'ahead of the head of the line')
      expectSame((await expectRefused(b, second, 'the name is held')).ahead, 1, 'ahead of the second in line')
      expectSame((await expectRefused(a, third, 'the name is held')).ahead, 2, 'ahead of the third in line')
      expectSame((await expectRefused(b, claim(), 'the name is held')).ahead, null, 'ahead of a claim without a place')
      await a.release({ name, owner: first.owner })
      expectSame(
        (await expectRefused(b, third, 'the head was granted')).ahead,
        1,
        'ahead of the third when the head has left',
      )
    },
  },
  {
    id: 'line/keeps-place',
    rule: 'place',
    title: 'claiming again keeps the place in line',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const [head, second] = [claim({ lineMs }), claim({ lineMs })]
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(a, head, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      expectSame(
        (await expectRefused(b, head, 'the name is held')).ahead,
        0,
        'ahead of the head after it claimed again',
      )
      expectSame(
        (await expectRefused(a, head, 'the name is held')).ahead,
        0,
        'ahead of the head after it claimed again',
      )
      expectSame((await a.inspect(name))?.waiting, 2, 'how many wait after repeated claims of two')
      await a.release({ name, owner: first.owner })
      await expectRefused(b, second, 'the head was granted')
      await expectGranted(a, head, 'its turn has come')
    },
  },
  {
    id: 'line/refreshes-place',
    rule: 'place',
    title: 'claiming again refreshes the place in line',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const first = claim()
      const head = claim({ lineMs: ms(200) })
      const second = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      const start = now()
      await expectRefused(b, head, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      await before(start + ms(200), () => expectRefused(b, { ...head, lineMs }, 'the name is held'))
      await outlive(ms(200))
      await a.release({ name, owner: first.owner })
      await expectRefused(a, second, 'the head claimed again and kept its place')
      await expectGranted(b, head, 'its turn has come')
    },
  },
  {
    id: 'line/no-barging',
    title: 'nobody overtakes the line, a single attempt included',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const [head, second] = [claim({ lineMs }), claim({ lineMs })]
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      await a.release({ name, owner: first.owner })
      await expectRefused(a, claim(), 'a single attempt must not overtake those who wait')
      await expectRefused(b, claim({ lineMs }), 'a claim that comes later must not overtake those who wait')
      await expectRefused(a, claim({ owner: first.owner }), 'the former holder must not overtake those who wait')
      await expectGranted(b, head, 'its turn has come')
      await b.release({ name, owner: head.owner })
      await expectRefused(a, claim(), 'a single attempt must not overtake those who wait')
      await expectGranted(b, second, 'its turn has come')
    },
  },
  {
    id: 'line/no-barging-later',
    title: 'nobody overtakes the second in line when the first was granted the name and let its lease end',
    requires: ['line'],
    run: async ({ a, b, name, claim, now, ms, before, outlive }) => {
      const first = claim()
      const head = claim({ lineMs, ttlMs: ms(100) })
      const second = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      // The release goes through `b`, so that `a` has met no other owner than `first` yet.
      const released = now()
      await b.release({ name, owner: first.owner })
      // A store may end the grant after its ttl, and then the second claim has its turn.
      await before(released + head.ttlMs, () => expectGranted(b, head, 'its turn has come'))
      await outlive(head.ttlMs)
      await expectRefused(a, claim(), 'a single attempt must not overtake those who wait')
      await expectHeldBy(a, name, [second.owner], 'the lease of the head of the line has ended')
    },
  },
  {
    id: 'line/leaves',
    title: 'a waiting owner leaves the line by releasing',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const [leaver, second] = [claim({ lineMs }), claim({ lineMs })]
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, leaver, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      expectSame(await a.release({ name, owner: leaver.owner }), 'not-held', 'release by an owner who only waits')
      await expectHeldBy(a, name, [first.owner], 'after somebody left the line')
      expectSame(
        (await expectRefused(b, second, 'the name is held')).ahead,
        0,
        'ahead of the second when the head has left',
      )
      await a.release({ name, owner: first.owner })
      await expectGranted(b, second, 'the only one who still waits')
    },
  },
  {
    id: 'line/leaves-the-middle',
    title: 'an owner leaves the line from any place, and those behind it move up',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const waiting = Array.from({ length: 6 }, () => claim({ lineMs }))
      await expectGranted(a, claim(), 'nobody holds the name')
      for (const each of waiting) await expectRefused(b, each, 'the name is held')
      for (const index of [2, 3, 5]) {
        const leaving = { name, owner: waiting[index]?.owner ?? '' }
        for (const handle of [a, b]) {
          expectSame(await handle.release(leaving), 'not-held', 'release by an owner who only waits, or waited')
        }
      }
      expectSame((await a.inspect(name))?.waiting, 3, 'how many wait when three of six have left')
      for (const [ahead, index] of [0, 1, 4].entries()) {
        const each = waiting[index] ?? claim()
        const promise = `ahead of number ${index + 1} of six when numbers 3, 4 and 6 have left`
        expectSame((await expectRefused(b, each, 'the name is held')).ahead, ahead, promise)
      }
    },
  },
  {
    id: 'line/waiting-is-not-holding',
    rule: 'place',
    title: 'a place in line is no lease: it cannot be extended, and it is kept',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await expectRefused(a, claim({ lineMs }), 'the name is held')
      expectLost(await b.extend([head]), 'extend by an owner who only waits')
      await expectHeldBy(a, name, [first.owner], 'after an extend by an owner who only waits')
      expectSame((await expectRefused(b, head, 'the name is held')).ahead, 0, 'ahead of the head after its extend')
    },
  },
  {
    id: 'line/waiting-shown',
    rule: 'inspection',
    title: 'inspect answers how many wait',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      await expectGranted(a, claim(), 'nobody holds the name')
      expectSame((await b.inspect(name))?.waiting, 0, 'how many wait before anybody does')
      for (const handle of [a, b, b]) await expectRefused(handle, claim({ lineMs }), 'the name is held')
      expectSame((await a.inspect(name))?.waiting, 3, 'how many wait')
    },
  },
  {
    id: 'line/own-name',
    title: 'the lines of different names have nothing to do with each other',
    requires: ['line'],
    run: async ({ a, b, name, named, claim }) => {
      const first = claim()
      await expectGranted(a, first, 'nobody holds the name')
      await expectGranted(a, claim({ name: named('/2') }), 'nobody holds the name')
      const elsewhere = claim({ name: named('/2'), lineMs })
      expectSame((await expectRefused(b, elsewhere, 'the name is held')).ahead, 0, 'ahead of the head of one line')
      const here = claim({ lineMs })
      expectSame((await expectRefused(b, here, 'the name is held')).ahead, 0, 'ahead of the head of another line')
      await a.release({ name, owner: first.owner })
      await expectGranted(b, here, 'its turn has come')
      await expectRefused(b, elsewhere, 'another name was released')
    },
  },
]
