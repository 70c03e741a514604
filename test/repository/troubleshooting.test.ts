import { describe, expect, test } from 'vitest'
import { filesBelow, packages, read } from '../workspace.js'

const document = read('docs/troubleshooting.md')
const sources = packages
  .flatMap(({ folder }) => filesBelow(`packages/${folder}/src`))
  .filter((file) => file.endsWith('.ts'))
  .map(read)
  .join('\n')

/** Messages: the code of the lines that begin an entry. */
const [listed = ''] = document.split('## By symptom')
const messages = [...listed.matchAll(/^- `.*/gm)].flatMap(([line]) =>
  [...line.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message),
)

describe('the page on troubleshooting', () => {
  test('has messages that the packages say, or words of a store', () => {
    expect(messages.length).toBeGreaterThan(50)
    const said = messages.filter((message) => !/^[A-Z]+$/.test(message))
    expect(said.filter((message) => !message.split('…').every((piece) => fragmentsOf(piece.trim()) <= 4))).toEqual([])
  })

  test('has each code', () => {
    const codes = [...new Set(read('packages/core/src/errors/errors.ts').match(/(?<=')LOCK_[A-Z]+(?=')/g))]
    expect(codes).toHaveLength(6)
    expect(codes.filter((code) => !document.includes(`\n### ${code}\n`))).toEqual([])
  })

  test('has an answer that is not understood under the code with which it comes', () => {
    const [, section = ''] = document.split('### LOCK_INDETERMINATE')
    expect(section.split('### ')[0]).toContain(
      'the server answered a script with what this version does not understand',
    )
  })

  test('has the message of each error with a code', () => {
    const said = [...sources.matchAll(/new LockError\(\s*'LOCK_[A-Z]+',\s*(['`])(.*?)\1/g)].map(
      ([, , text = '']) => text,
    )
    expect(said.length).toBeGreaterThan(8)
    expect(said.filter((text) => !shows(text))).toEqual([])
  })
})

/** Whether a message of the page has the longest fixed piece of the text. */
function shows(text: string): boolean {
  const [longest = ''] = text.split(/\$\{[^}]*\}/).toSorted((a, b) => b.length - a.length)
  return document.includes(longest.trim())
}

/**
 * How many pieces of the sources a text consists of, the longest first: a message is put together of a few, and a text
 * that no source has is put together of many, or of none at all.
 */
function fragmentsOf(text: string): number {
  if (text === '' || sources.includes(text)) return text === '' ? 0 : 1
  const words = text.split(/\b/)
  const most = words.findLastIndex((_, i) => sources.includes(words.slice(0, i).join('')))
  return most <= 0 ? Infinity : 1 + fragmentsOf(words.slice(most).join(''))
}
