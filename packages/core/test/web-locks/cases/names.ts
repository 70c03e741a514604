import { expect } from 'vitest'
import type { Ask, WebLocksCase } from '../case.js'
import { IF_AVAILABLE, stage, type Stage } from '../stage.js'

const LONG = 5_000

/** Expects a client to hold the name and to keep the other out, and a snapshot to show exactly this name to both. */
async function expectName({ a, b, ask, see }: Stage, name: string): Promise<void> {
  const held = ask(a, {}, name)
  expect((await held.granted)?.name).toBe(name)
  expect(await b.request(name, IF_AVAILABLE, (lock) => lock)).toBeNull()
  const waiting = ask(b, {}, name)
  for (const viewer of [b, a])
    expect(await see(viewer, name)).toEqual({ held: ['a exclusive'], pending: ['b exclusive'] })
  held.release()
  expect((await waiting.granted)?.name).toBe(name)
  waiting.release()
  await waiting.ended
}

/** Expects that all names can be held at once. If two of them were taken for the same name, they could not. */
async function expectApart({ a, b, world }: Stage, names: readonly string[]): Promise<void> {
  expect(new Set(names).size).toBe(names.length)
  const held = names.map((name) => world.ask(a, name, IF_AVAILABLE))
  for (const [i, each] of held.entries()) expect((await each.granted)?.name, JSON.stringify(names[i])).toBe(names[i])
  const shown = (await b.query()).held?.map(({ name = 'none' }) => name)
  expect(shown?.sort()).toEqual(names.toSorted())
  for (const each of held) each.release()
  await Promise.all(held.map(({ ended }) => ended))
  expect((await b.query()).held).toEqual([])
}

const named = (id: string, title: string, ...names: readonly string[]): WebLocksCase => ({
  id: `names/${id}`,
  title: `${title} a name`,
  run: async (world) => {
    const set = await stage(world)
    for (const name of names) await expectName(set, name)
  },
})

/** The forms that a name takes when it is quoted, escaped or encoded. */
const encoded = (name: string): string[] => [
  JSON.stringify(name),
  JSON.stringify(name).slice(1, -1),
  encodeURIComponent(name.toWellFormed()),
  Buffer.from(name).toString('hex'),
  Buffer.from(name, 'utf16le').toString('hex'),
  Buffer.from(name).toString('base64'),
  Buffer.from(name, 'utf16le').toString('base64url'),
  Array.from(name, (unit) => `\\u{${unit.codePointAt(0)?.toString(16) ?? ''}}`).join(''),
]

const odd = ['', '\0', '\uD83D', '\uDD12', '\uD83D\uDD12', '\uDD12\uD83D', '\uFFFD', '%', '\\', '"', 'é', 'e\u0301']

/** Names around the length from which a store may keep a name in another form, in UTF-8 bytes and with escapes. */
const ofBytes = (bytes: number): string[] => [
  'x'.repeat(bytes),
  '\u00E9'.repeat(bytes / 2) + 'x'.repeat(bytes % 2),
  '\u{1F512}'.repeat(bytes / 4) + 'x'.repeat(bytes % 4),
  '\uD800'.repeat(bytes / 5) + 'x'.repeat(bytes % 5),
  '%'.repeat(bytes / 5) + 'x'.repeat(bytes % 5),
]
const lengths = [...[999, 1_000, 1_001].flatMap(ofBytes), 'x'.repeat(LONG)]

/** Any string is a name, and different strings are different names. */
export const nameCases: readonly WebLocksCase[] = [
  named('empty', 'the empty string is', ''),
  named('nul', 'a string with NUL is', '\0', 'a\0b', '\0\0'),
  named('lone-surrogates', 'a string with lone surrogates is', '\uD800', '\uDFFF', 'a\uDC00b', '\uDC00\uD800'),
  named('unicode', 'a string of any script is', '\u{1F512}', '\uFFFD', '\uFEFF', '\u202E', '\u0436\u05D0\u4E00'),
  named('space', 'white space is', ' ', '\n', '\r\n', '\t', ' a ', 'a\nb'),
  named(
    'syntax',
    'what means something elsewhere is',
    '*',
    '?',
    '[a]',
    '{',
    '}',
    '{a}b',
    ':',
    '%',
    '%00',
    '\\',
    '"',
    "'",
  ),
  named('properties', 'the name of a property is', '__proto__', 'constructor', 'toString', 'null', 'undefined'),
  named('inner-hyphen', 'a string with a hyphen elsewhere than in front is', 'a-', ' -', '\0-', '\u2212', '\u2013a'),
  named('long', 'a long string is', 'x'.repeat(LONG), '\u{1F512}'.repeat(LONG / 2), '\uD800'.repeat(LONG)),
  ...[999, 1_000, 1_001].map((bytes) =>
    named(`${bytes}-bytes`, `a string of ${bytes} bytes, well-formed or not, is`, ...ofBytes(bytes)),
  ),
  {
    id: 'names/lengths-apart',
    title: 'strings of almost the same length are different names',
    run: async (world) => expectApart(await stage(world), lengths),
  },
  {
    id: 'names/aborted',
    title: 'a request that is aborted leaves nothing behind, whatever the length of its name',
    run: async (world) => {
      const { a, b } = await stage(world)
      const all = ['', 'x', ...lengths].map((name) => {
        const [soon, late] = [new AbortController(), new AbortController()]
        const held = world.ask(b, name)
        return { name, held, soon, late, asked: [] as Ask[] }
      })
      await Promise.all(all.map(({ held }) => held.granted))
      for (const { name, soon, late, asked } of all) {
        for (const { signal } of [late, soon]) asked.push(world.ask(a, name, { signal }))
        soon.abort('soon')
      }
      await a.query()
      for (const { late } of all) late.abort('late')
      await a.query()
      expect((await b.query()).pending).toEqual([])
      for (const { held } of all) held.release()
      for (const { asked, held } of all) {
        await held.ended
        expect(await Promise.all(asked.map(({ ended }) => ended))).toEqual([{ error: 'late' }, { error: 'soon' }])
        expect(asked.flatMap(({ calls }) => calls)).toEqual([])
      }
      expect(await a.query()).toEqual({ held: [], pending: [] })
    },
  },
  {
    id: 'names/apart',
    title: 'strings that look alike are different names',
    run: async (world) =>
      expectApart(await stage(world), [
        ...['a', 'A', 'a ', ' a', 'a\0', '\0a', 'a\0b', 'a\n', 'á', 'a\u0301', '\uFF41', 'а'],
        ...['1', '01', '1.0', '1e0', '__proto__', '{a}', '{a', 'a}', 'a*', 'a?', 'a:', ':a', 'a/b', 'a//b'],
        ...['x'.repeat(LONG), `${'x'.repeat(LONG)}y`, `${'x'.repeat(LONG)}z`, `y${'x'.repeat(LONG)}`],
      ]),
  },
  {
    id: 'names/surrogates-apart',
    title: 'strings that become one when encoded as UTF-8 are different names',
    run: async (world) =>
      expectApart(await stage(world), [
        ...['\uD800', '\uD801', '\uDC00', '\uDFFF', '\uFFFD', '\uD800\uD800', '\uDC00\uD800', '\uD800\uDC00'],
        ...['\uD800\uDC00\uD800', '\uFFFD\uFFFD', 'a\uD800', 'a\uFFFD', 'a', '\u00ED\u00A0\u0080', '?'],
      ]),
  },
  {
    id: 'names/encodings-apart',
    title: 'a name, what it looks like encoded, and that encoded again are different names',
    run: async (world) => {
      const once = [...odd, ...odd.flatMap(encoded)]
      const names = new Set([...once, ...[...new Set(once)].slice(0, 40).flatMap(encoded)])
      await expectApart(
        await stage(world),
        [...names].filter((name) => !name.startsWith('-')),
      )
    },
  },
]
