import type { ConformanceCase } from '../../suite/case.js'
import { expectGranted, expectHeldBy, expectRefused, expectSame } from '../../suite/expect.js'
import { inPortions } from '../../suite/portions.js'
import { written } from '../../suite/show.js'
import { LONG_MS, type World } from '../../suite/world.js'

/** Owner tokens are opaque text: equal when every character is. */
export const owners: readonly ConformanceCase[] = [
  {
    id: 'owners/look-alikes',
    title: 'tokens that look like numbers, JSON or null stay the text they are',
    run: (world) =>
      eachDistinct(world, [
        ...['null', 'undefined', 'true', 'false', 'OK', 'nil', 'NaN', '0', '-0', '1', '123', '123.0', '0123', '1e3'],
        ...['1000', '0x10', '16', '9007199254740993', '9007199254740992', '{"a":1}', '[]', '"123"', '%31', '__proto__'],
      ]),
  },
  {
    id: 'owners/near',
    title: 'tokens that differ only by case, blanks or length are different owners',
    run: (world) =>
      eachDistinct(world, ['job~1', 'job~10', 'job~', 'job', 'Job~1', 'job~1 ', ' job~1', 'job~1\n', 'job ~1']),
  },
  {
    id: 'owners/patterns',
    title: 'a token that looks like a pattern stands for no other token',
    run: (world) =>
      eachDistinct(world, [
        // Tokens beside each other in the list claim after each other.
        ...['job~abc', 'job~a_c', 'job~abc ', 'job~a%', '%', 'job~a?c', 'job~*', 'job~[abc]bc', 'job~a.c', '.*'],
        ...['^job~abc$', 'job~(abc|d)'],
      ]),
  },
  {
    id: 'owners/unicode',
    title: 'tokens with any label are kept to the character',
    run: (world) =>
      eachDistinct(world, [
        ...[
          'worker 7~a',
          'a~b~c',
          '~',
          'naïve~1',
          'nai\u0308ve~1',
          'naive~1',
          '日本~1',
          '🔒~1',
          '🔓~1',
          'x\u0000y~1',
          'x~1',
          'x\ufeff~1',
          'x\u200b~1',
          'a\r\nb~1',
        ],
        ...['a,b~1', 'a:b~1', 'a|b~1', 'a;b~1', '{a}~1', '%s~1', `${'l'.repeat(200)}~1`, `${'l'.repeat(200)}~2`],
        ...[`${'l'.repeat(600)}~1`, `${'l'.repeat(600)}~2`],
        ...['1', '2'].map((digit) => `${'l'.repeat(300)}${digit}${'l'.repeat(300)}~1`),
      ]),
  },
  {
    id: 'owners/in-line',
    title: 'tokens that wait in line are kept to the character',
    requires: ['line'],
    run: async ({ a, b, named, claim }) => {
      for (const [index, owner] of [`${'l'.repeat(600)}~1`, 'a,b;c:d|e~1', 'x\u0000y~1', '日本\n~1 ', '0'].entries()) {
        const name = named(`/${index}`)
        const [first, waiting] = [claim({ name }), claim({ name, owner, lineMs: LONG_MS })]
        const promise = `owner ${written(owner)} waits in line`
        await expectGranted(a, first, 'nobody holds the name')
        expectSame((await expectRefused(b, waiting, promise)).ahead, 0, 'ahead of the only waiter')
        expectSame((await expectRefused(b, waiting, promise)).ahead, 0, 'ahead of the only waiter, which asks again')
        await a.release({ name, owner: first.owner })
        await expectHeldBy(a, name, [owner], promise)
        await expectGranted(b, waiting, 'its turn has come')
      }
    },
  },
  {
    id: 'owners/shared',
    title: 'tokens of readers are kept to the character beside each other',
    requires: ['shared'],
    run: async ({ a, b, name, claim }) => {
      const tokens = ['a\nb~1', 'a~1', 'a\r\nb~1', ' a~1', 'a b~1', 'a,b~1', '日本~1', '0', 'null', 'x\u0000y~1', 'x~1']
      for (const owner of tokens) {
        const promise = `only readers hold the name, ${written(owner)} asks`
        await expectGranted(a, claim({ owner, mode: 'shared', limit: Infinity }), promise)
      }
      await expectHeldBy(b, name, tokens, 'readers with tokens that are alike')
      for (const [index, owner] of tokens.entries()) {
        expectSame(await b.release({ name, owner }), 'released', `release by the reader ${written(owner)}`)
        await expectHeldBy(a, name, tokens.slice(index + 1), `after the release by ${written(owner)}`)
      }
    },
  },
]

/** Each token holds a name of its own, is answered exactly, and no other token counts as the same owner. */
async function eachDistinct({ a, b, named, claim }: World, tokens: readonly string[]): Promise<void> {
  for (const [index, owner] of tokens.entries()) {
    const name = named(`/${index}`)
    const who = `owner ${written(owner)}`
    await expectGranted(a, claim({ name, owner }), who)
    await expectHeldBy(b, name, [owner], who)
    const others = tokens.filter((other) => other !== owner)
    await inPortions(others, async (other) => {
      const promise = `${who} must not be released by ${written(other)}`
      expectSame(await b.release({ name, owner: other }), 'not-held', promise)
    })
    for (const [at, { status }] of (await b.extend(others.map((other) => claim({ name, owner: other })))).entries())
      expectSame(status, 'lost', `${who} holds, ${written(others[at])} extends`)
    const next = tokens[(index + 1) % tokens.length] ?? ''
    await expectRefused(b, claim({ name, owner: next }), `${who} holds, ${written(next)} asks`)
    expectSame((await b.extend([claim({ name, owner })]))[0]?.status, 'extended', `${who} extends`)
    expectSame(await a.release({ name, owner }), 'released', `${who} releases`)
  }
}
