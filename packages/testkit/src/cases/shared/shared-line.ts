import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { LONG_MS } from '../../suite/world.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity, lineMs: LONG_MS }
const writing: Partial<Claim> = { lineMs: LONG_MS }

/** Shared and exclusive claims in one line. */
export const sharedLine: readonly ConformanceCase[] = [
  {
    id: 'shared-line/no-overtaking',
    title: 'a waiting exclusive claim is not overtaken by later shared ones',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim(reading)
      const writer = claim(writing)
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, writer, 'a reader holds the name')
      await expectRefused(a, claim({ ...reading, lineMs: 10 }), 'a writer waits')
      await expectRefused(a, claim({ mode: 'shared', limit: Infinity }), 'a writer waits, a single attempt included')
      await a.release({ name, owner: first.owner })
      await expectGranted(b, writer, 'the reader before has released')
    },
  },
  {
    id: 'shared-line/admitted-together',
    title: 'shared claims that stand together at the head are admitted together',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const readers = [claim(reading), claim(reading), claim(reading)]
      const writer = claim(writing)
      const late = claim(reading)
      await expectGranted(a, first, 'nobody holds the name')
      for (const each of [...readers, writer, late]) await expectRefused(b, each, 'a writer holds the name')
      await a.release({ name, owner: first.owner })
      await expectHeldBy(
        a,
        name,
        readers.map((reader) => reader.owner),
        'three readers stood together at the head',
      )
      await expectRefused(b, late, 'a writer came before')
      for (const reader of readers) {
        await expectRefused(a, writer, 'readers hold the name')
        await expectGranted(b, reader, 'its turn has come')
        await b.release({ name, owner: reader.owner })
      }
      await expectGranted(a, writer, 'all readers before have released')
      await expectRefused(b, late, 'a writer holds the name')
      await a.release({ name, owner: writer.owner })
      await expectGranted(b, late, 'the writer before has released')
    },
  },
  {
    id: 'shared-line/many-admitted',
    title: 'forty shared claims that stand together at the head are admitted together',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      await expectGranted(a, first, 'nobody holds the name')
      const readers = Array.from({ length: 40 }, () => claim(reading))
      await inPortions(readers, (each) => expectRefused(b, each, 'a writer holds the name'))
      await expectRefused(b, claim(writing), 'a writer holds the name')
      await a.release({ name, owner: first.owner })
      const owners = readers.map(({ owner }) => owner)
      await expectHeldBy(a, name, owners, 'forty readers stood together at the head')
      expectSame((await b.inspect(name))?.waiting, 1, 'how many wait behind them')
    },
  },
  {
    id: 'shared-line/limits-differ',
    title: 'shared claims that stand together at the head are admitted together, each within its own limit',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim()
      const readers = [5, Infinity, 5, 4].map((limit) => claim({ ...reading, limit }))
      const beyond = claim({ ...reading, limit: 4 })
      await expectGranted(a, first, 'nobody holds the name')
      for (const each of [...readers, beyond]) await expectRefused(b, each, 'a writer holds the name')
      await a.release({ name, owner: first.owner })
      const owners = readers.map(({ owner }) => owner)
      await expectHeldBy(a, name, owners, 'claims with limits of 5, Infinity, 5, 4 and 4 stood together at the head')
      await expectRefused(b, beyond, 'four share the name')
    },
  },
  {
    id: 'shared-line/limit',
    title: 'the line admits shared claims up to their limit',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 2, lineMs: LONG_MS }
      const first = claim()
      const waiting = [claim(permit), claim(permit), claim(permit)]
      await expectGranted(a, first, 'nobody holds the name')
      for (const each of waiting) await expectRefused(b, each, 'somebody holds the name exclusively')
      await a.release({ name, owner: first.owner })
      const [one, two, three] = waiting.map((each) => each.owner)
      await expectHeldBy(a, name, [one ?? '', two ?? ''], 'two permits and three who wait')
      await b.release({ name, owner: two ?? '' })
      await expectHeldBy(a, name, [one ?? '', three ?? ''], 'a permit was given back')
    },
  },
  {
    id: 'shared-line/writer-leaves',
    title: 'readers behind a waiting writer are admitted when it leaves the line',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim }) => {
      const first = claim(reading)
      const writer = claim(writing)
      const second = claim(reading)
      await expectGranted(a, first, 'nobody holds the name')
      await expectRefused(b, writer, 'a reader holds the name')
      await expectRefused(a, second, 'a writer waits')
      await b.release({ name, owner: writer.owner })
      await expectGranted(a, second, 'the writer has left the line')
      await expectHeldBy(b, name, [first.owner, second.owner], 'two readers')
    },
  },
  {
    id: 'shared-line/writer-dies',
    title: 'readers behind a waiting writer are admitted when its place has ended',
    requires: ['shared', 'line'],
    run: async ({ a, b, claim, ms, outlive }) => {
      const writer = claim({ lineMs: ms(100) })
      const second = claim(reading)
      await expectGranted(a, claim(reading), 'nobody holds the name')
      await expectRefused(b, writer, 'a reader holds the name')
      await a.acquire(second)
      await outlive(ms(100))
      await expectGranted(a, second, 'the place of the writer has ended')
    },
  },
  {
    id: 'shared-line/writer-after-short',
    title: 'a waiting writer has the name when the last reader has ended by itself',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, claim, ms, outlive }) => {
      const writer = claim(writing)
      await expectGranted(a, claim({ ...reading, ttlMs: ms(60) }), 'nobody holds the name')
      await expectGranted(a, claim({ ...reading, ttlMs: ms(120) }), 'only readers')
      await b.acquire(writer)
      await outlive(ms(120))
      await expectRefused(a, claim(reading), 'a writer came first')
      await expectGranted(b, writer, 'the readers before have ended')
      expectSame((await a.inspect(name))?.mode, 'exclusive', 'the mode that inspect shows')
    },
  },
]
