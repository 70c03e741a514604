import type { Claim, Granted, Ownership } from '@holdfast/core'
import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectLost, expectThat, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { written } from '../../suite/show.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** Two names are one lock only when they are equal, character by character. */
export const names: readonly ConformanceCase[] = [
  {
    id: 'names/side-keys',
    title: 'no name meets the keys that a backend keeps beside another name',
    run: (world) => {
      const words = ['fence', 'f', 'fencing', 'seq', 'line', 'l', 'queue', 'q', 'holders', 'h', 'readers', 'shared']
      const more = ['r', 'w', 'lock', 'owner', 'token', 'waiting', 'channel', 'turn', 'expiry', 'meta', 'mode', 'limit']
      const all = [...words, ...more]
      const places = (word: string): readonly string[] => [
        ...[':', '/', '.', '-', '_', '#'].map((sign) => world.name + sign + word),
        ...[`{${world.name}}:${word}`, `${word}:${world.name}`, `{${word}}${world.name}`],
      ]
      return eachDistinct(world, all.flatMap(places))
    },
  },
  {
    id: 'names/braces',
    title: 'braces belong to the name, wherever they stand',
    run: (world) => {
      const { name } = world
      const around = [
        `{${name}}`,
        `{${name}`,
        `${name}}`,
        `{{${name}}}`,
        `{}${name}`,
        `${name}{}`,
        `}${name}{`,
        `{${name}}{x}`,
      ]
      return eachDistinct(world, [...around, `${name}{a}`, `${name}{b}`, `${name}a`, `{a}${name}`, `{b}${name}`])
    },
  },
  {
    id: 'names/escapes',
    title: 'what looks like an escape, a pattern or a path is only text',
    run: (world) =>
      eachSuffix(world, [
        ...['%20', ' ', '+', '%2B', '%', '%25', '%zz', '/', '//', '/.', '/..', '\\', '\\n', '*', '?', '[a]', '^', '$'],
        ...['a b', 'a  b', '&amp;', '&#38;', 'job:7', 'job:07', 'job:007', '/x?y=1', '/x?y=2', '/x', '/x#y', '/x/'],
        ...['#', '&', ',', ';', ':', '::', '|', '"', "'", '`', '<b>', '${x}', '%s', '@', '=', '~', 'a', 'A', 'null'],
      ]),
  },
  {
    id: 'names/controls',
    title: 'line ends, NUL and other control characters belong to the name',
    run: (world) =>
      eachSuffix(world, [
        ...['\r\n', '\n', '\r', '\t', '\0', '\0a', '\0b', 'a\r\nb', 'a\nb', 'a\rb', 'a', '\u001b', '\u007f', '\u0085'],
        ...['\u2028', '\ufeff', '\u200b', '\r\nDEL x\r\n', 'x'],
      ]),
  },
  {
    id: 'names/unicode',
    title: 'names are compared by code points: nothing is normalised, folded or cut',
    run: (world) =>
      eachSuffix(world, [
        ...[
          'é',
          'e\u0301',
          'e',
          'É',
          'Å',
          'A\u030a',
          '\u212b',
          'ß',
          'ss',
          'ﬁ',
          'fi',
          'ı',
          'i',
          'İ',
          'I',
          'Ａ',
          'A',
          'a',
        ],
        ...['🔒', '🔓', '👩‍🚀', '👩', '🏳️‍🌈', '日本', '日', '\u{10ffff}', 'İ'.toLowerCase(), 'Ⅳ', 'IV'],
        ...['\u304b', '\u30ab', '\uff76', '\u304c', '\u304b\u3099'],
        ...['ab', '\ufeffab', 'a\u00adb', 'a\ufe0fb', 'a\u200eb', 'a\u200fb', 'a\u202ab', 'a\u2066b', 'a\u200db'],
        ...[
          "it's",
          'it\u2019s',
          '"q"',
          '\u201cq\u201d',
          'a-b',
          'a\u2013b',
          'a\u2011b',
          '12',
          '\u0661\u0662',
          '\uff11\uff12',
        ],
      ]),
  },
  {
    id: 'names/blanks',
    title: 'blanks at either end and the case of letters make another name',
    run: (world) =>
      eachDistinct(world, [
        ...[`${world.name} `, ` ${world.name}`, `${world.name}  `, `${world.name}\t`, `${world.name}\u00a0`],
        ...[world.name.toUpperCase(), `${world.name}x`, `${world.name}xx`, world.name.slice(0, -1)],
      ]),
  },
  {
    id: 'names/longest',
    title: 'names of 1024 bytes are compared to the last byte',
    run: (world) => {
      const stem = world.named('/').padEnd(1020, 'x')
      const ends = ['abcd', 'abce', 'bbcd', 'abc', 'ab', 'éé', 'éè', '🔒', '🔓']
      const middle = stem.length / 2
      const inside = ['y', 'z'].map((letter) => stem.slice(0, middle) + letter + stem.slice(middle + 1))
      return eachDistinct(world, [...ends.map((end) => stem + end), ...inside])
    },
  },
  {
    id: 'names/numbers',
    title: 'names that are equal as numbers are different names',
    run: (world) => {
      const digits = randomDigits()
      return eachDistinct(world, [
        ...[
          digits,
          `0${digits}`,
          `00${digits}`,
          `+${digits}`,
          `${digits}.`,
          `${digits}.0`,
          `${digits}e0`,
          ` ${digits}`,
        ],
        ...[
          `${digits}000`,
          `${digits}e3`,
          `${digits}E3`,
          `${digits}e+3`,
          `${digits}000.00`,
          `-${digits}`,
          `${digits}n`,
        ],
        // Equal as numbers of 64 bits, whole or not.
        ...[`${digits}00000001`, `${digits}00000002`, `0.${digits}1000001`, `0.${digits}1000002`],
        ...[`0x${BigInt(digits).toString(16)}`, `0b${BigInt(digits).toString(2)}`, `0o${BigInt(digits).toString(8)}`],
      ])
    },
  },
  {
    id: 'names/beside-owners',
    title: 'a name and an owner are not taken for another name and owner that read the same when joined',
    run: async (world) => {
      const signs = [':', '/', '|', '.', ',', ';', '~', '#', '@', '-', '_', '=', ' ', '\t', '\n', '\0', '']
      await Promise.all(
        signs.flatMap((sign, index) => [
          joined(world, ({ name, owner }) => {
            const [stem, middle] = [`${name}/${index}`, `${sign}middle`]
            return [
              { name: stem, owner: `middle${sign}${owner}` },
              { name: stem + middle, owner },
            ]
          }),
          joined(world, ({ name, owner }) => {
            const stem = `${name}/${index}/`
            return [
              { name: stem, owner: `${owner}${sign}middle` },
              { name: `middle${sign}${stem}`, owner },
            ]
          }),
        ]),
      )
    },
  },
  {
    id: 'names/object-members',
    title: 'names that every object knows are free like others',
    run: async ({ a, b, claim, eventually }) => {
      for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length']) {
        const mine = claim({ name })
        // The only names that another run on the same store may hold for a moment.
        await eventually(async () => (await a.acquire(mine)).acquired, `the name ${name} must be granted when free`)
        await expectHeldBy(b, name, [mine.owner], `the name ${name} is held`)
        await expectRefused(b, claim({ name, ttlMs: 10 }), `the name ${name} is held`)
        expectSame(await b.release({ name, owner: mine.owner }), 'released', `release of ${name}`)
      }
    },
  },
]

function eachSuffix(world: World, suffixes: readonly string[]): Promise<void> {
  return eachDistinct(
    world,
    suffixes.flatMap((suffix) => [world.name + suffix, `${world.name}${suffix}z`]),
  )
}

/** Holds the case's own name and all other names at once, each by an owner of its own, then frees them one by one. */
async function eachDistinct(world: World, others: readonly string[]): Promise<void> {
  const { a, b, name, claim } = world
  const { line, shared } = a.capabilities
  const claims = [...new Set([name, ...others])].map((one) => claim({ name: one }))
  // Creates the records that a backend keeps beside a name that is held, waited for and was shared.
  if (shared) await expectGranted(b, claim({ mode: 'shared', limit: 3, ttlMs: 10 }), 'nobody holds the name')
  await a.evict(name)
  const take = (each: Claim): Promise<Granted> =>
    expectGranted(a, each, `${written(each.name)} is another name than those held`)
  await Promise.all(claims.slice(0, 1).map(take))
  if (line) await expectRefused(b, claim({ lineMs: LONG_MS }), 'the name is held')
  await inPortions(claims.slice(1), take)
  await inPortions(claims, async (each) => {
    const seen = await b.inspect(each.name)
    expectSame(seen?.name, each.name, 'inspect answers the name exactly as it was given')
    await expectHeldBy(b, each.name, [each.owner], written(each.name))
  })
  const outcomes = await b.extend(claims)
  for (const [index, { status }] of outcomes.entries()) {
    expectThat(status === 'extended', `extend of ${written(claims[index]?.name)}`, status)
  }
  await inPortions(claims, async ({ name: held, owner }) => {
    expectSame(await a.release({ name: held, owner }), 'released', `release of ${written(held)} beside others`)
  })
}

/** A number of 15 digits, which another run on the same store does not use. */
function randomDigits(): string {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return String(10 ** 14 + ((high % 90_000) * 10 ** 10 + (low % 10 ** 10)))
}

type Pair = readonly [one: Ownership, other: Ownership]

/** Holds a name by its owner. Another name and owner, which read the same when joined, count as strangers. */
async function joined({ a, b, claim, name, owner }: World, pairOf: (own: Ownership) => Pair): Promise<void> {
  const [one, other] = pairOf({ name, owner: owner('joined') })
  const when = `the owner ${written(one.owner)} holds ${written(one.name)}`
  await expectGranted(a, claim(one), when)
  expectLost(await b.extend([claim(other)]), `${when}: extend of ${written(other.name)} by ${written(other.owner)}`)
  const release = `release of ${written(other.name)} by ${written(other.owner)}`
  expectSame(await b.release(other), 'not-held', `${when}: ${release}`)
  await expectGranted(b, claim(other), `${when}, and nobody ${written(other.name)}`)
  await expectHeldBy(a, one.name, [one.owner], when)
  expectSame(await a.release(other), 'released', release)
  await expectHeldBy(b, one.name, [one.owner], when)
  await a.release(one)
}
