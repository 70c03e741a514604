import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same } from '../expect.js'
import { LONG_MS } from '../world.js'

const lineMs = LONG_MS

/** First come, first served. */
export const lineOrder: readonly ConformanceCase[] = [
  {
    id: 'line/fifo',
    title: 'those who wait are served in the order in which they came',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const waiting = [wish({ lineMs }), wish({ lineMs }), wish({ lineMs }), wish({ lineMs })]
      await granted(a, first, 'nobody holds the name')
      for (const [index, claim] of waiting.entries()) await refused(index % 2 ? a : b, claim, 'the name is held')
      let holder = first.owner
      for (const [index, claim] of waiting.entries()) {
        await a.release({ name, owner: holder })
        for (const later of waiting.slice(index + 1).toReversed()) await refused(a, later, 'others came before')
        await granted(b, claim, 'its turn has come')
        holder = claim.owner
      }
    },
  },
  {
    id: 'line/ahead',
    title: 'a refused claim in line is told how many stand before it',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const [head, second, third] = [wish({ lineMs }), wish({ lineMs }), wish({ lineMs })]
      await granted(a, first, 'nobody holds the name')
      same((await refused(a, head, 'the name is held')).ahead, 0, 'ahead of the head of the line')
      same((await refused(b, second, 'the name is held')).ahead, 1, 'ahead of the second in line')
      same((await refused(a, third, 'the name is held')).ahead, 2, 'ahead of the third in line')
      same((await refused(b, wish(), 'the name is held')).ahead, null, 'ahead of a claim without a place')
      await a.release({ name, owner: first.owner })
      same((await refused(b, third, 'the head was granted')).ahead, 1, 'ahead of the third when the head has left')
    },
  },
  {
    id: 'line/keeps-place',
    title: 'claiming again keeps the place in line',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const [head, second] = [wish({ lineMs }), wish({ lineMs })]
      await granted(a, first, 'nobody holds the name')
      await refused(a, head, 'the name is held')
      await refused(b, second, 'the name is held')
      same((await refused(b, head, 'the name is held')).ahead, 0, 'ahead of the head after it claimed again')
      same((await refused(a, head, 'the name is held')).ahead, 0, 'ahead of the head after it claimed again')
      same((await a.inspect(name))?.waiting, 2, 'how many wait after repeated claims of two')
      await a.release({ name, owner: first.owner })
      await refused(b, second, 'the head was granted')
      await granted(a, head, 'its turn has come')
    },
  },
  {
    id: 'line/refreshes-place',
    title: 'claiming again refreshes the place in line',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const first = wish()
      const head = wish({ lineMs: ms(200) })
      const second = wish({ lineMs })
      await granted(a, first, 'nobody holds the name')
      const start = now()
      await refused(b, head, 'the name is held')
      await refused(b, second, 'the name is held')
      await before(start + ms(200), () => refused(b, { ...head, lineMs }, 'the name is held'))
      await outlive(ms(200))
      await a.release({ name, owner: first.owner })
      await refused(a, second, 'the head claimed again and kept its place')
      await granted(b, head, 'its turn has come')
    },
  },
  {
    id: 'line/no-barging',
    title: 'nobody overtakes the line, a single attempt included',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const [head, second] = [wish({ lineMs }), wish({ lineMs })]
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await refused(b, second, 'the name is held')
      await a.release({ name, owner: first.owner })
      await refused(a, wish(), 'a single attempt must not overtake those who wait')
      await refused(b, wish({ lineMs }), 'a claim that comes later must not overtake those who wait')
      await refused(a, wish({ owner: first.owner }), 'the former holder must not overtake those who wait')
      await granted(b, head, 'its turn has come')
      await b.release({ name, owner: head.owner })
      await refused(a, wish(), 'a single attempt must not overtake those who wait')
      await granted(b, second, 'its turn has come')
    },
  },
  {
    id: 'line/leaves',
    title: 'a waiting owner leaves the line by releasing',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const [leaver, second] = [wish({ lineMs }), wish({ lineMs })]
      await granted(a, first, 'nobody holds the name')
      await refused(b, leaver, 'the name is held')
      await refused(b, second, 'the name is held')
      same(await a.release({ name, owner: leaver.owner }), 'not-held', 'release by an owner who only waits')
      await heldBy(a, name, [first.owner], 'after somebody left the line')
      same((await refused(b, second, 'the name is held')).ahead, 0, 'ahead of the second when the head has left')
      await a.release({ name, owner: first.owner })
      await granted(b, second, 'the only one who still waits')
    },
  },
  {
    id: 'line/waiting-is-not-holding',
    title: 'a place in line is no lease: it cannot be extended, and it is kept',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const head = wish({ lineMs })
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await refused(a, wish({ lineMs }), 'the name is held')
      same(await b.extend([head]), [{ status: 'lost' }], 'extend by an owner who only waits')
      await heldBy(a, name, [first.owner], 'after an extend by an owner who only waits')
      same((await refused(b, head, 'the name is held')).ahead, 0, 'ahead of the head after its extend')
    },
  },
  {
    id: 'line/waiting-shown',
    title: 'inspect tells how many wait',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      await granted(a, wish(), 'nobody holds the name')
      same((await b.inspect(name))?.waiting, 0, 'how many wait before anybody does')
      for (const handle of [a, b, b]) await refused(handle, wish({ lineMs }), 'the name is held')
      same((await a.inspect(name))?.waiting, 3, 'how many wait')
    },
  },
  {
    id: 'line/own-name',
    title: 'the lines of different names have nothing to do with each other',
    requires: ['line'],
    run: async ({ a, b, name, named, wish }) => {
      const first = wish()
      await granted(a, first, 'nobody holds the name')
      await granted(a, wish({ name: named('/2') }), 'nobody holds the name')
      const elsewhere = wish({ name: named('/2'), lineMs })
      same((await refused(b, elsewhere, 'the name is held')).ahead, 0, 'ahead of the head of one line')
      const here = wish({ lineMs })
      same((await refused(b, here, 'the name is held')).ahead, 0, 'ahead of the head of another line')
      await a.release({ name, owner: first.owner })
      await granted(b, here, 'its turn has come')
      await refused(b, elsewhere, 'another name was released')
    },
  },
]
