import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame, expectFree } from '../../suite/expect.js'
import { LONG_MS } from '../../suite/world.js'

/** The release of a lease: at once, or a moment later. */
export const release: readonly ConformanceCase[] = [
  {
    id: 'release/frees',
    title: 'a released name is free at once, for both handles',
    run: async ({ a, b, name, claim }) => {
      const mine = claim()
      await expectGranted(a, mine, 'nobody holds the name')
      expectSame(await a.release({ name, owner: mine.owner }), 'released', 'release by the owner')
      await expectFree(a, name, 'after release')
      await expectGranted(b, claim(), 'the name was released')
    },
  },
  {
    id: 'release/nothing',
    title: 'releasing what was never held answers "not-held" and leaves nothing behind',
    run: async ({ a, b, name, claim, owner }) => {
      expectSame(await a.release({ name, owner: owner() }), 'not-held', 'release of a name that nobody ever held')
      await expectFree(a, name, 'after a release of nothing')
      await expectGranted(b, claim(), 'nobody holds the name')
    },
  },
  {
    id: 'release/one-name',
    title: 'a release frees one name and no other',
    run: async ({ a, b, name, named, claim }) => {
      const mine = claim()
      const other = { ...mine, name: named('/2') }
      await expectGranted(a, mine, 'nobody holds the name')
      await expectGranted(a, other, 'nobody holds the name')
      await a.release({ name, owner: mine.owner })
      await expectHeldBy(b, other.name, [mine.owner], 'the same owner released another name')
    },
  },
  {
    id: 'release/keeps',
    title: 'a release with keepMs keeps the name from others for that long',
    run: async ({ a, b, claim, ms, now, pass, before, name }) => {
      const mine = claim()
      const keepMs = ms(300)
      await expectGranted(a, mine, 'nobody holds the name')
      const start = now()
      expectSame(await a.release({ name, owner: mine.owner, keepMs }), 'released', 'release with keepMs by the owner')
      await before(start + keepMs, async () => {
        await expectRefused(b, claim(), 'the name is kept')
        await pass(keepMs / 2)
        await expectRefused(b, claim(), 'the name is still kept')
      })
    },
  },
  {
    id: 'release/keeps-longer',
    title: 'keepMs counts from the release, also when the lease had less time left',
    run: async ({ a, b, claim, ms, now, outlive, before, name }) => {
      const mine = claim({ ttlMs: ms(200) })
      const start = now()
      await expectGranted(a, mine, 'nobody holds the name')
      const keeping = { name, owner: mine.owner, keepMs: LONG_MS }
      expectSame(
        await before(start + mine.ttlMs, () => a.release(keeping)),
        'released',
        'release with keepMs by the owner',
      )
      await outlive(mine.ttlMs)
      await expectRefused(b, claim(), 'the name is kept for 60 000 ms')
    },
  },
  {
    id: 'release/kept-ends',
    title: 'a kept name is free when keepMs is over',
    run: async ({ a, b, claim, ms, outlive, name }) => {
      const mine = claim()
      const keepMs = ms(100)
      await expectGranted(a, mine, 'nobody holds the name')
      await a.release({ name, owner: mine.owner, keepMs })
      await outlive(keepMs)
      await expectGranted(b, claim(), 'keepMs is over')
    },
  },
  {
    id: 'release/keeps-nothing',
    title: 'keepMs keeps nothing that the owner does not hold',
    run: async ({ a, b, name, claim, owner }) => {
      expectSame(
        await a.release({ name, owner: owner(), keepMs: LONG_MS }),
        'not-held',
        'release with keepMs by nobody',
      )
      await expectFree(a, name, 'after a release of nothing')
      await expectGranted(b, claim(), 'nobody holds the name')
    },
  },
]
