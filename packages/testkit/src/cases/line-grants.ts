import type { ConformanceCase } from '../case.js'
import { fenceOf, granted, heldBy, keeps, refused, same, unheld } from '../expect.js'
import { LONG_MS } from '../world.js'

const lineMs = LONG_MS

/** The store itself hands the lock to the head of the line. */
export const lineGrants: readonly ConformanceCase[] = [
  {
    id: 'line/grant-at-release',
    title: 'a release hands the name to the head of the line at once',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const head = wish({ lineMs })
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      same(await a.release({ name, owner: first.owner }), 'released', 'release while somebody waits')
      await heldBy(a, name, [head.owner], 'after a release while somebody waits')
      same((await a.inspect(name))?.waiting, 0, 'how many wait when the only one was granted')
    },
  },
  {
    id: 'line/grant-at-expiry',
    title: 'whoever finds an expired lease, the head of the line has the name',
    requires: ['line'],
    run: async ({ a, b, wish, ms, outlive }) => {
      const first = wish({ ttlMs: ms(100) })
      const head = wish({ lineMs })
      await granted(a, first, 'nobody holds the name')
      await b.acquire(head)
      await outlive(first.ttlMs)
      await refused(a, wish(), 'the head of the line comes before the one who finds an expired lease')
      await refused(a, first, 'the head of the line comes before the former owner')
      await granted(b, head, 'its turn has come')
    },
  },
  {
    id: 'line/grant-at-own-claim',
    title: 'the head of the line is granted when it finds the lease expired itself',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const first = wish({ ttlMs: ms(100) })
      const head = wish({ lineMs })
      await granted(a, first, 'nobody holds the name')
      await b.acquire(head)
      await outlive(first.ttlMs)
      await granted(b, head, 'the lease before has expired')
      await heldBy(a, name, [head.owner], 'after the claim of the head')
    },
  },
  {
    id: 'line/grant-at-evict',
    title: 'evict hands the name to the head of the line',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const head = wish({ lineMs })
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      same(await a.evict(name), true, 'evict of a held name')
      await refused(a, wish(), 'the head of the line comes first')
      await granted(b, head, 'its turn has come')
    },
  },
  {
    id: 'line/grant-after-keeping',
    title: 'a name that is kept goes to the head of the line when keepMs is over, not before',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const first = wish()
      const head = wish({ lineMs })
      const keepMs = ms(200)
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      const start = now()
      await a.release({ name, owner: first.owner, keepMs })
      await before(start + keepMs, () => refused(b, head, 'the name is kept'))
      await outlive(keepMs)
      await refused(a, wish(), 'the head of the line comes first')
      await granted(b, head, 'keepMs is over')
    },
  },
  {
    id: 'line/unconfirmed-lasts',
    title: 'a grant of the store lasts as long as the place would have, also for a claim with a shorter ttl',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const first = wish()
      const head = wish({ lineMs, ttlMs: ms(100) })
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      await outlive(head.ttlMs)
      await refused(a, wish(), 'the head of the line was granted the name')
      await granted(b, head, 'its turn has come')
    },
  },
  {
    id: 'line/unconfirmed-extended',
    title: 'a grant of the store that was extended is not cut by a claim that arrives late',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const first = wish()
      const head = wish({ lineMs, ttlMs: ms(100) })
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      await b.extend([{ ...head, ttlMs: LONG_MS }])
      await granted(b, head, 'the owner claims again')
      await outlive(head.ttlMs)
      await heldBy(a, name, [head.owner], 'within the extension')
    },
  },
  {
    id: 'line/confirmed-lasts',
    title: 'a confirmed grant lasts for its own ttl, not for the place in line',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, now, outlive, before }) => {
      const first = wish()
      const head = wish({ lineMs: ms(200) })
      const start = now()
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      const { validMs } = await before(start + ms(200), () => granted(b, head, 'its turn has come'))
      keeps(validMs > head.ttlMs / 2 && validMs <= head.ttlMs, `validMs of a lease of ${head.ttlMs} ms`, validMs)
      await outlive(ms(200))
      await heldBy(a, name, [head.owner], 'after the place in line would have ended')
    },
  },
  {
    id: 'line/confirmed-ends',
    title: 'a confirmed grant ends after its own ttl, however long the place would have lasted',
    requires: ['line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const first = wish()
      const head = wish({ lineMs, ttlMs: ms(100) })
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      await granted(b, head, 'its turn has come')
      await outlive(head.ttlMs)
      await unheld(a, name, 'after the ttl of the confirmed grant')
    },
  },
  {
    id: 'line/confirm-fence',
    title: 'the head of the line gets one fence, higher than the one before, however often it asks',
    requires: ['line', 'fencing'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const head = wish({ lineMs })
      const before = fenceOf(await granted(a, first, 'nobody holds the name'))
      await refused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      const shown = (await a.inspect(name))?.holders[0]?.fence
      const fence = fenceOf(await granted(b, head, 'its turn has come'))
      keeps(fence > before, `the fence of the head is higher than ${before}`, fence)
      same(fence, shown, 'the fence at the confirmation is the one of the grant')
      same(fenceOf(await granted(a, head, 'the head claims again')), fence, 'the fence of a repeated confirmation')
      await b.release({ name, owner: head.owner })
      const next = fenceOf(await granted(a, wish(), 'the name was released'))
      keeps(next > fence, `the fence after the head is higher than ${fence}`, next)
    },
  },
  {
    id: 'line/granted-head-releases',
    title: 'a head that was granted may release without having confirmed, and the next one has the name',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const [head, second] = [wish({ lineMs }), wish({ lineMs })]
      await granted(a, first, 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await refused(b, second, 'the name is held')
      await a.release({ name, owner: first.owner })
      await b.release({ name, owner: head.owner })
      await granted(b, second, 'the head gave its grant back')
      await refused(b, head, 'the head gave its place up')
    },
  },
  {
    id: 'line/steal',
    title: 'a theft leaves the line as it is',
    requires: ['line'],
    run: async ({ a, b, name, wish }) => {
      const head = wish({ lineMs })
      const thief = wish({ steal: true })
      await granted(a, wish(), 'nobody holds the name')
      await refused(b, head, 'the name is held')
      await granted(a, thief, 'a claim that steals')
      same((await b.inspect(name))?.waiting, 1, 'how many wait after a theft')
      same((await refused(b, head, 'the thief holds the name')).ahead, 0, 'ahead of the head after a theft')
      await a.release({ name, owner: thief.owner })
      await granted(b, head, 'the thief has released')
    },
  },
]
