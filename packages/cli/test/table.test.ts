import { describe, expect, test } from 'vitest'
import { groupByName } from '../src/show/group.js'
import { tableOf } from '../src/show/table.js'
import { cut, pad, plain, spanText } from '../src/show/words.js'

describe('what is shown of a text', () => {
  test('controls no terminal and turns no line around', () => {
    expect(plain('a\u001B[2J\n\u202Eb\u2028')).toBe('a\\u{1b}[2J\\u{a}\\u{202e}b\\u{2028}')
    expect(plain('größe 鍵 🔑')).toBe('größe 鍵 🔑')
  })

  test('fits into its columns, of which some characters take two', () => {
    expect(cut('abc', 3)).toBe('abc')
    expect(cut('abcd', 3)).toBe('ab…')
    expect(cut('鍵鍵鍵', 4)).toBe('鍵…')
    expect(pad('鍵', 4)).toBe('鍵  ')
  })

  test.each([
    [0, '0.0 s'],
    [1_949, '1.9 s'],
    [59_949, '59.9 s'],
    [59_951, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [3_599_600, '1 h 0 min'],
    [7_260_000, '2 h 1 min'],
    [null, 'no end'],
  ])('a span of %s ms is %s', (ms, text) => {
    expect(spanText(ms)).toBe(text)
  })
})

describe('the table', () => {
  const holder = (label: string | null, fence: number | null): object => ({ label, fence, remainingMs: 1_000 })

  test('has a line for each holder, in the order of the grants, and the waiters in that of the line', () => {
    const names = groupByName({
      held: [
        { name: 'b', mode: 'shared', ...holder('later', 2) },
        { name: 'b', mode: 'shared', ...holder('earlier', 1) },
        { name: 'a', mode: 'exclusive', ...holder('', null) },
      ] as never,
      pending: [
        { name: 'b', mode: 'exclusive', label: 'second', place: 1 },
        { name: 'b', mode: 'exclusive', label: 'first', place: 0 },
        { name: 'c', mode: 'shared', label: 'alone', place: 0 },
        ...[0, 1, 2, 3].map((place) => ({ name: 'd', mode: 'exclusive', label: `w${place}`, place }) as const),
      ],
    })
    expect(tableOf(names)).toEqual([
      'NAME   MODE        HOLDER        LEFT   WAITING',
      'a      exclusive   (no label)   1.0 s   -',
      'b      shared      earlier      1.0 s   2: first, second',
      '                   later        1.0 s',
      'c      shared      -                -   1: alone',
      'd      exclusive   -                -   4: w0, w1, w2, …',
    ])
  })

  test('cuts what is long', () => {
    const names = groupByName({
      held: [{ name: 'n'.repeat(1_000), mode: 'shared', ...holder('me', 1) }] as never,
      pending: [],
    })
    expect(Math.max(...tableOf(names).map(({ length }) => length))).toBeLessThan(100)
  })
})
