import type { ConformanceCase } from '../../suite/case.js'
import {
  fenceOf,
  expectGranted,
  expectHeldBy,
  expectThat,
  expectRefused,
  expectSame,
  expectFree,
} from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

const lineMs = LONG_MS

/** The store itself hands the lock to the head of the line. */
export const lineGrants: readonly ConformanceCase[] = [
  {
    id: 'line/grant-at-release',
    title: 'a release hands the name to the head of the line at once',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      expectSame(await a.release({ name, owner: first.owner }), 'released', 'release while somebody waits')
      await expectHeldBy(a, name, [head.owner], 'after a release while somebody waits')
      expectSame((await a.inspect(name))?.waiting, 0, 'how many wait when the only one was granted')
    },
  },
  {
    id: 'line/grant-at-expiry',
    title: 'whichever call finds an expired lease, the head of the line has the name',
    requires: ['line'],
    run: async ({ a, b, claim, ms, outlive }) => {
      const first = claim({ ttlMs: ms(100) })
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await b.acquire(head)
      await outlive(first.ttlMs)
      await expectRefused(a, claim(), 'the head of the line comes before the one who finds an expired lease')
      await expectRefused(a, first, 'the head of the line comes before the former owner')
      await expectGranted(b, head, 'its turn has come')
    },
  },
  {
    id: 'line/grant-at-own-claim',
    title: 'the head of the line is granted when it finds the lease expired itself',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const first = claim({ ttlMs: ms(100) })
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await b.acquire(head)
      await outlive(first.ttlMs)
      await expectGranted(b, head, 'the lease before has expired')
      await expectHeldBy(a, name, [head.owner], 'after the claim of the head')
    },
  },
  {
    id: 'line/grant-at-evict',
    title: 'evict hands the name to the head of the line',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const head = claim({ lineMs })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      expectSame(await a.evict(name), true, 'evict of a held name')
      await expectRefused(a, claim(), 'the head of the line comes first')
      await expectGranted(b, head, 'its turn has come')
    },
  },
  {
    id: 'line/grant-after-keeping',
    title: 'a name that is kept goes to the head of the line when keepMs is over, not before',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const first = claim()
      const head = claim({ lineMs })
      const keepMs = ms(200)
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      const start = now()
      await a.release({ name, owner: first.owner, keepMs })
      await before(start + keepMs, () => expectRefused(b, head, 'the name is kept'))
      await outlive(keepMs)
      await expectRefused(a, claim(), 'the head of the line comes first')
      await expectGranted(b, head, 'keepMs is over')
    },
  },
  {
    id: 'line/unconfirmed-extended',
    title: 'a grant of the store that was extended is not cut by a claim that arrives late',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const first = claim()
      const head = claim({ lineMs, ttlMs: ms(100) })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      const start = now()
      await a.release({ name, owner: first.owner })
      // The extension has another end than the grant: a store may know by the end whether the grant was extended.
      await before(start + head.ttlMs, () => b.extend([{ ...head, ttlMs: 2 * LONG_MS }]))
      await expectGranted(b, head, 'the owner claims again')
      await outlive(head.ttlMs)
      await expectHeldBy(a, name, [head.owner], 'within the extension')
    },
  },
  {
    id: 'line/confirmed-lasts',
    rule: 'expiry',
    title: 'a confirmed grant lasts for its own ttl, not for the place in line',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, now, outlive, before }) => {
      const first = claim()
      const head = claim({ lineMs: ms(200) })
      const start = now()
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      const { validMs } = await before(start + ms(200), () => expectGranted(b, head, 'its turn has come'))
      expectThat(validMs > head.ttlMs / 2 && validMs <= head.ttlMs, `validMs of a lease of ${head.ttlMs} ms`, validMs)
      await outlive(ms(200))
      await expectHeldBy(a, name, [head.owner], 'after the place in line would have ended')
    },
  },
  {
    id: 'line/confirmed-ends',
    rule: 'expiry',
    title: 'a confirmed grant ends after its own ttl, however long the place would have lasted',
    requires: ['line'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const first = claim()
      const head = claim({ lineMs, ttlMs: ms(100) })
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      await expectGranted(b, head, 'its turn has come')
      await outlive(head.ttlMs)
      await expectFree(a, name, 'after the ttl of the confirmed grant')
    },
  },
  {
    id: 'line/confirm-fence',
    title: 'the head of the line gets one fence, higher than the one before, however often it asks',
    requires: ['line', 'fencing'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const head = claim({ lineMs })
      const before = fenceOf(await expectGranted(a, first, 'nobody holds the name'))
      await expectRefused(b, head, 'the name is held')
      await a.release({ name, owner: first.owner })
      const shown = (await a.inspect(name))?.holders[0]?.fence
      const fence = fenceOf(await expectGranted(b, head, 'its turn has come'))
      expectThat(fence > before, `the fence of the head is higher than ${before}`, fence)
      expectSame(fence, shown, 'the fence at the confirmation is the one of the grant')
      expectSame(
        fenceOf(await expectGranted(a, head, 'the head claims again')),
        fence,
        'the fence of a repeated confirmation',
      )
      await b.release({ name, owner: head.owner })
      const next = fenceOf(await expectGranted(a, claim(), 'the name was released'))
      expectThat(next > fence, `the fence after the head is higher than ${fence}`, next)
    },
  },
  {
    id: 'line/granted-head-releases',
    title: 'a head that was granted may release without having confirmed, and the next one has the name',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const [head, second] = [claim({ lineMs }), claim({ lineMs })]
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await expectRefused(b, second, 'the name is held')
      await a.release({ name, owner: first.owner })
      await b.release({ name, owner: head.owner })
      await expectGranted(b, second, 'the head gave its grant back')
      await expectRefused(b, head, 'the head gave its place up')
    },
  },
  {
    id: 'line/steal',
    rule: 'steal',
    title: 'a steal leaves the line as it is',
    requires: ['line'],
    run: async ({ a, b, name, claim }) => {
      const head = claim({ lineMs })
      const stealing = claim({ steal: true })
      await expectGranted(a, claim(), 'nobody holds the name')
      await expectRefused(b, head, 'the name is held')
      await expectGranted(a, stealing, 'a claim that steals')
      expectSame((await b.inspect(name))?.waiting, 1, 'how many wait after a steal')
      expectSame(
        (await expectRefused(b, head, 'the stealing owner holds the name')).ahead,
        0,
        'ahead of the head after a steal',
      )
      await a.release({ name, owner: stealing.owner })
      await expectGranted(b, head, 'the stealing owner has released')
    },
  },
]
