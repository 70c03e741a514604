import { describe, expect, it } from 'vitest'
import { show, written } from '../src/suite/show.js'

describe('a value in a message', () => {
  it.each([
    [
      'a letter with its accent, and one with a combining accent',
      '\u00e9',
      'e\u0301',
      '"\u00e9"',
      String.raw`"e\u0301"`,
    ],
    ['a text with and without a byte order mark', 'a', 'a\ufeff', '"a"', String.raw`"a\ufeff"`],
    ['a blank and one that does not break', 'a b', 'a\u00a0b', '"a b"', String.raw`"a\u00a0b"`],
    ['K and the Kelvin sign', 'K', '\u212a', '"K"', String.raw`"\u212a"`],
    ['a character beyond the first plane', '🔒', '\u{e0001}', '"🔒"', String.raw`"\u{e0001}"`],
    ['a line end and its escape', '\n', String.raw`\n`, String.raw`"\n"`, String.raw`"\\n"`],
  ])('shows %s differently', (_, one, other, shownOne, shownOther) => {
    expect([show(one), show(other)]).toEqual([shownOne, shownOther])
    expect([written(one), written(other)]).toEqual([shownOne, shownOther])
  })
})
