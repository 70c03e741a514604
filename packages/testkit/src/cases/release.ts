import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same, unheld } from '../expect.js'

/** Giving up what one holds: at once, or a moment later. */
export const release: readonly ConformanceCase[] = [
  {
    id: 'release/frees',
    title: 'a released name is free at once, for both handles',
    run: async ({ a, b, name, wish }) => {
      const mine = wish()
      await granted(a, mine, 'nobody holds the name')
      same(await a.release({ name, owner: mine.owner }), 'released', 'release by the owner')
      await unheld(a, name, 'after release')
      await granted(b, wish(), 'the name was released')
    },
  },
  {
    id: 'release/nothing',
    title: 'releasing what was never held answers "not-held" and leaves nothing behind',
    run: async ({ a, b, name, wish, owner }) => {
      same(await a.release({ name, owner: owner() }), 'not-held', 'release of a name that nobody ever held')
      await unheld(a, name, 'after a release of nothing')
      await granted(b, wish(), 'nobody holds the name')
    },
  },
  {
    id: 'release/one-name',
    title: 'a release frees one name and no other',
    run: async ({ a, b, name, named, wish }) => {
      const mine = wish()
      const other = { ...mine, name: named('/2') }
      await granted(a, mine, 'nobody holds the name')
      await granted(a, other, 'nobody holds the name')
      await a.release({ name, owner: mine.owner })
      await heldBy(b, other.name, [mine.owner], 'the same owner released another name')
    },
  },
  {
    id: 'release/keeps',
    title: 'a release with keepMs keeps the name from others for that long',
    run: async ({ a, b, wish, ms, now, pass, before, name }) => {
      const mine = wish()
      const keepMs = ms(300)
      await granted(a, mine, 'nobody holds the name')
      const start = now()
      same(await a.release({ name, owner: mine.owner, keepMs }), 'released', 'release with keepMs by the owner')
      await before(start + keepMs, async () => {
        await refused(b, wish(), 'the name is kept')
        await pass(keepMs / 2)
        await refused(b, wish(), 'the name is still kept')
      })
    },
  },
  {
    id: 'release/keeps-longer',
    title: 'keepMs counts from the release, also when the lease had less time left',
    run: async ({ a, b, wish, ms, now, outlive, before, name }) => {
      const mine = wish({ ttlMs: ms(200) })
      const start = now()
      await granted(a, mine, 'nobody holds the name')
      const keeping = { name, owner: mine.owner, keepMs: 60_000 }
      same(await before(start + mine.ttlMs, () => a.release(keeping)), 'released', 'release with keepMs by the owner')
      await outlive(mine.ttlMs)
      await refused(b, wish(), 'the name is kept for 60 000 ms')
    },
  },
  {
    id: 'release/kept-ends',
    title: 'a kept name is free when keepMs is over',
    run: async ({ a, b, wish, ms, outlive, name }) => {
      const mine = wish()
      const keepMs = ms(100)
      await granted(a, mine, 'nobody holds the name')
      await a.release({ name, owner: mine.owner, keepMs })
      await outlive(keepMs)
      await granted(b, wish(), 'keepMs is over')
    },
  },
  {
    id: 'release/keeps-nothing',
    title: 'keepMs keeps nothing that the owner does not hold',
    run: async ({ a, b, name, wish, owner }) => {
      same(await a.release({ name, owner: owner(), keepMs: 60_000 }), 'not-held', 'release with keepMs by nobody')
      await unheld(a, name, 'after a release of nothing')
      await granted(b, wish(), 'nobody holds the name')
    },
  },
]
