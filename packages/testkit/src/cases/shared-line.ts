import type { Claim } from '@holdfast/core'
import type { ConformanceCase } from '../case.js'
import { granted, heldBy, refused, same } from '../expect.js'
import { LONG_MS } from '../world.js'

const reading: Partial<Claim> = { mode: 'shared', limit: Infinity, lineMs: LONG_MS }
const writing: Partial<Claim> = { lineMs: LONG_MS }

/** Shared and exclusive claims in one line. */
export const sharedLine: readonly ConformanceCase[] = [
  {
    id: 'shared-line/no-overtaking',
    title: 'a waiting exclusive claim is not overtaken by later shared ones',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish(reading)
      const writer = wish(writing)
      await granted(a, first, 'nobody holds the name')
      await refused(b, writer, 'a reader holds the name')
      await refused(a, wish({ ...reading, lineMs: 10 }), 'a writer waits')
      await refused(a, wish({ mode: 'shared', limit: Infinity }), 'a writer waits, a single attempt included')
      await a.release({ name, owner: first.owner })
      await granted(b, writer, 'the reader before has released')
    },
  },
  {
    id: 'shared-line/admitted-together',
    title: 'shared claims that stand together at the head are admitted together',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish()
      const readers = [wish(reading), wish(reading), wish(reading)]
      const writer = wish(writing)
      const late = wish(reading)
      await granted(a, first, 'nobody holds the name')
      for (const claim of [...readers, writer, late]) await refused(b, claim, 'a writer holds the name')
      await a.release({ name, owner: first.owner })
      await heldBy(
        a,
        name,
        readers.map((reader) => reader.owner),
        'three readers stood together at the head',
      )
      await refused(b, late, 'a writer came before')
      for (const reader of readers) {
        await refused(a, writer, 'readers hold the name')
        await granted(b, reader, 'its turn has come')
        await b.release({ name, owner: reader.owner })
      }
      await granted(a, writer, 'all readers before have released')
      await refused(b, late, 'a writer holds the name')
      await a.release({ name, owner: writer.owner })
      await granted(b, late, 'the writer before has released')
    },
  },
  {
    id: 'shared-line/limit',
    title: 'the line admits shared claims up to their limit',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const permit: Partial<Claim> = { mode: 'shared', limit: 2, lineMs: LONG_MS }
      const first = wish()
      const waiting = [wish(permit), wish(permit), wish(permit)]
      await granted(a, first, 'nobody holds the name')
      for (const claim of waiting) await refused(b, claim, 'somebody holds the name exclusively')
      await a.release({ name, owner: first.owner })
      const [one, two, three] = waiting.map((claim) => claim.owner)
      await heldBy(a, name, [one ?? '', two ?? ''], 'two permits and three who wait')
      await b.release({ name, owner: two ?? '' })
      await heldBy(a, name, [one ?? '', three ?? ''], 'a permit was given back')
    },
  },
  {
    id: 'shared-line/writer-leaves',
    title: 'readers behind a waiting writer are admitted when it leaves the line',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish }) => {
      const first = wish(reading)
      const writer = wish(writing)
      const second = wish(reading)
      await granted(a, first, 'nobody holds the name')
      await refused(b, writer, 'a reader holds the name')
      await refused(a, second, 'a writer waits')
      await b.release({ name, owner: writer.owner })
      await granted(a, second, 'the writer has left the line')
      await heldBy(b, name, [first.owner, second.owner], 'two readers')
    },
  },
  {
    id: 'shared-line/writer-dies',
    title: 'readers behind a waiting writer are admitted when its place has ended',
    requires: ['shared', 'line'],
    run: async ({ a, b, wish, ms, outlive }) => {
      const writer = wish({ lineMs: ms(100) })
      const second = wish(reading)
      await granted(a, wish(reading), 'nobody holds the name')
      await refused(b, writer, 'a reader holds the name')
      await a.acquire(second)
      await outlive(ms(100))
      await granted(a, second, 'the place of the writer has ended')
    },
  },
  {
    id: 'shared-line/writer-after-short',
    title: 'a waiting writer has the name when the last reader has ended by itself',
    requires: ['shared', 'line'],
    run: async ({ a, b, name, wish, ms, outlive }) => {
      const writer = wish(writing)
      await granted(a, wish({ ...reading, ttlMs: ms(60) }), 'nobody holds the name')
      await granted(a, wish({ ...reading, ttlMs: ms(120) }), 'only readers')
      await b.acquire(writer)
      await outlive(ms(120))
      await refused(a, wish(reading), 'a writer came first')
      await granted(b, writer, 'the readers before have ended')
      same((await a.inspect(name))?.mode, 'exclusive', 'the mode that inspect shows')
    },
  },
]
