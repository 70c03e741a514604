import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectLost, expectRefused, expectSame, expectThat } from '../../suite/expect.js'
import { LONG_MS, type World } from '../../suite/world.js'

const THEIRS = 'a value of another system'

/** A value of another system at the key of a lock is respected: never taken, replaced, prolonged or deleted. */
export const foreignValues: readonly ConformanceCase[] = [
  {
    id: 'foreign/holds',
    title: 'a foreign value without an end holds the name, and no claim replaces it',
    requires: ['foreign'],
    run: async (world) => {
      const { a, b, name, claim, foreign } = world
      await foreign.plant(name, THEIRS, null)
      const { retryAfterMs } = await expectRefused(a, claim(), 'a foreign value lies at the key')
      expectSame(retryAfterMs, null, 'when to ask again while a value without an end holds the name')
      await expectRefused(b, claim({ ttlMs: 10 }), 'a foreign value lies at the key')
      await untouched(world)
    },
  },
  {
    id: 'foreign/holds-for-its-time',
    title: 'a foreign value with an end holds the name until then and not longer',
    requires: ['foreign'],
    run: async (world) => {
      const { a, b, name, claim, foreign, ms, now, outlive, before } = world
      const ttlMs = ms(200)
      const start = now()
      await foreign.plant(name, THEIRS, ttlMs)
      await before(start + ttlMs, async () => {
        const { retryAfterMs } = await expectRefused(a, claim(), 'a foreign value lies at the key')
        expectThat(retryAfterMs === null || (retryAfterMs > 0 && retryAfterMs <= ttlMs), 'retryAfterMs', retryAfterMs)
        await a.extend([claim()])
        await untouched(world)
      })
      await outlive(ttlMs)
      await expectGranted(b, claim(), 'the foreign value has expired')
    },
  },
  {
    id: 'foreign/not-ours-to-extend',
    title: 'a foreign value cannot be extended',
    requires: ['foreign'],
    run: async (world) => {
      const { a, name, claim, foreign } = world
      await foreign.plant(name, THEIRS, LONG_MS)
      expectLost(await a.extend([claim()]), 'extend while a foreign value lies at the key')
      await untouched(world)
    },
  },
  {
    id: 'foreign/not-ours-to-release',
    title: 'a foreign value cannot be released',
    requires: ['foreign'],
    run: async (world) => {
      const { a, name, owner, foreign } = world
      await foreign.plant(name, THEIRS, null)
      expectSame(await a.release({ name, owner: owner() }), 'not-held', 'release while a foreign value lies at the key')
      const keeping = { name, owner: owner(), keepMs: 10 }
      expectSame(await a.release(keeping), 'not-held', 'release with keepMs while a foreign value lies at the key')
      await world.outlive(10)
      await untouched(world)
    },
  },
  {
    id: 'foreign/shown',
    title: 'a foreign value is shown as a holder without fence, with its time or without end',
    requires: ['foreign'],
    run: async ({ a, b, name, named, foreign }) => {
      await foreign.plant(name, THEIRS, null)
      expectSame(
        (await a.inspect(name))?.holders,
        [{ owner: THEIRS, remainingMs: null, fence: null }],
        'holders without an end',
      )
      await foreign.plant(named('/2'), THEIRS, LONG_MS)
      const [holder] = (await b.inspect(named('/2')))?.holders ?? []
      expectSame([holder?.owner, holder?.fence], [THEIRS, null], 'owner and fence of a foreign value with an end')
      const remainingMs = holder?.remainingMs ?? 0
      expectThat(remainingMs > LONG_MS / 2 && remainingMs <= LONG_MS, 'what remains of a foreign value', holder)
      await foreign.remove(name)
    },
  },
  {
    id: 'foreign/look-alikes',
    title: 'a foreign value counts whatever it is, the empty text included',
    requires: ['foreign'],
    run: async ({ a, b, named, claim, foreign }) => {
      for (const value of ['', '0', 'false', 'null', 'OK', '1', '{"owner":"x"}', 'lock~1', ' ']) {
        const name = named(`/${value}`)
        await foreign.plant(name, value, LONG_MS)
        const promise = `the value ${JSON.stringify(value)} lies at the key`
        await expectRefused(a, claim({ name }), promise)
        await expectRefused(a, claim({ name, steal: true }), promise)
        if (a.capabilities.shared) {
          await expectRefused(a, claim({ name, mode: 'shared', limit: Infinity }), promise)
          await expectRefused(a, claim({ name, mode: 'shared', limit: Infinity, steal: true }), promise)
        }
        await expectHeldBy(b, name, [value], `the value ${JSON.stringify(value)} lies at the key`)
        expectSame(await foreign.readRaw(name), value, 'the value at the key')
      }
    },
  },
  {
    id: 'foreign/evict',
    title: 'evict frees a name from a foreign value',
    requires: ['foreign'],
    run: async ({ a, b, name, claim, foreign }) => {
      await foreign.plant(name, THEIRS, null)
      expectSame(await a.evict(name), true, 'evict of a foreign value')
      expectSame(await foreign.readRaw(name), null, 'what lies at the key after evict')
      await expectGranted(b, claim(), 'the foreign value was evicted')
    },
  },
  {
    id: 'foreign/steal',
    title: 'a claim that steals is refused by a foreign value as any other',
    requires: ['foreign'],
    run: async (world) => {
      const { a, b, name, claim, foreign } = world
      await foreign.plant(name, THEIRS, null)
      await expectRefused(a, claim({ steal: true }), 'a foreign value lies at the key')
      await untouched(world)
      await b.evict(name)
      await expectGranted(a, claim({ steal: true }), 'the foreign value was evicted')
    },
  },
  {
    id: 'foreign/steal-shared',
    title: 'a shared claim that steals is refused by a foreign value',
    requires: ['foreign', 'shared'],
    run: async (world) => {
      const { a, name, claim, foreign } = world
      await foreign.plant(name, THEIRS, LONG_MS)
      await expectRefused(a, claim({ mode: 'shared', limit: 2, steal: true }), 'a foreign value lies at the key')
      await untouched(world)
    },
  },
  {
    id: 'foreign/shared',
    title: 'a foreign value excludes shared claims as well',
    requires: ['foreign', 'shared'],
    run: async (world) => {
      const { a, name, claim, foreign } = world
      await foreign.plant(name, THEIRS, null)
      await expectRefused(a, claim({ mode: 'shared', limit: Infinity }), 'a foreign value lies at the key')
      await untouched(world)
    },
  },
  {
    id: 'foreign/line',
    title: 'claims wait in line behind a foreign value, and the head has it when it is gone',
    requires: ['foreign', 'line'],
    run: async (world) => {
      const { a, b, name, claim, foreign } = world
      await foreign.plant(name, THEIRS, null)
      const head = claim({ lineMs: LONG_MS })
      expectSame(
        (await expectRefused(a, head, 'a foreign value lies at the key')).ahead,
        0,
        'who stands before the head',
      )
      await untouched(world)
      await b.evict(name)
      await expectRefused(b, claim(), 'the head of the line comes first')
      await expectGranted(a, head, 'the foreign value was evicted')
    },
  },
]

async function untouched({ name, foreign }: World): Promise<void> {
  expectSame(await foreign.readRaw(name), THEIRS, 'the foreign value at the key')
}
