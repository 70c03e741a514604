import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Answer, createCoalescer } from '../../src/timers/coalescer.js'

interface Fake {
  readonly sent: string[][]
  readonly ask: (question: string) => Promise<string>
  readonly flush: () => void
  readonly isGathering: (question: string) => boolean
}

function fake(
  answer: (question: string) => Answer<string> = (question) => ({ value: question.toUpperCase() }),
  { most = 100, unwanted = [] as string[], fails = (): boolean => false } = {},
): Fake {
  const sent: string[][] = []
  const coalescer = createCoalescer<string, string>({
    sendMany: async (questions) => {
      sent.push([...questions])
      if (fails()) throw new Error('all of it')
      await turn()
      return questions.map(answer)
    },
    most,
    refusalOf: (question) => (unwanted.includes(question) ? new Error('not wanted') : undefined),
  })
  return { ...coalescer, sent, isGathering: (question) => coalescer.isGathering((each) => each === question) }
}

const settled = async (promises: readonly Promise<string>[]): Promise<readonly unknown[]> =>
  (await Promise.allSettled(promises)).map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))

describe('what is asked in one turn of the event loop', () => {
  test('is sent together, in its order, and each is given its own answer', async () => {
    const { sent, ask } = fake()
    expect(await Promise.all(['b', 'a', 'c'].map(ask))).toEqual(['B', 'A', 'C'])
    expect(sent).toEqual([['b', 'a', 'c']])
  })

  test('by loops that go on when their answers arrive together stays together', async () => {
    const { sent, ask } = fake()
    const loop = async (name: string, hops: number): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await ask(`${name}${i}`)
        for (let hop = 0; hop < hops; hop++) await Promise.resolve()
      }
    }
    await Promise.all([loop('a', 0), loop('b', 5), loop('c', 20)])
    expect(sent).toEqual([0, 1, 2].map((i) => [`a${i}`, `b${i}`, `c${i}`]))
  })

  test('leaves in that turn', async () => {
    const { sent, ask } = fake()
    const answer = ask('a')
    expect(sent).toEqual([])
    await turn()
    expect(sent).toEqual([['a']])
    await answer
  })

  test('is sent in pieces of a bounded size', async () => {
    const { sent, ask } = fake(undefined, { most: 2 })
    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask))).toEqual(['A', 'B', 'C', 'D', 'E'])
    expect(sent).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('is sent at once for a command that must not overtake it', async () => {
    const { sent, ask, flush, isGathering } = fake()
    const answers = [ask('a'), ask('b')]
    expect([isGathering('a'), isGathering('c')]).toEqual([true, false])
    flush()
    expect(sent).toEqual([['a', 'b']])
    expect(isGathering('a')).toBe(false)
    answers.push(ask('c'))
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C'])
    expect(sent).toEqual([['a', 'b'], ['c']])
  })
})

describe('one of many', () => {
  test('that failed fails alone', async () => {
    const { ask } = fake((question) => (question === 'b' ? { error: new Error('b failed') } : { value: question }))
    expect(await settled(['a', 'b', 'c'].map(ask))).toEqual(['a', 'Error: b failed', 'c'])
  })

  test('that is not wanted any more is not sent, and takes nobody with it', async () => {
    const unwanted: string[] = []
    const { sent, ask } = fake(undefined, { unwanted })
    const answers = ['a', 'b', 'c'].map(ask)
    unwanted.push('b')
    expect(await settled(answers)).toEqual(['A', 'Error: not wanted', 'C'])
    expect(sent).toEqual([['a', 'c']])
  })

  test('that is alone and not wanted any more makes no command', async () => {
    const { sent, ask } = fake(undefined, { unwanted: ['a'] })
    expect(await settled([ask('a')])).toEqual(['Error: not wanted'])
    expect(sent).toEqual([])
  })

  test('without an answer is rejected', async () => {
    const coalescer = createCoalescer<string, string>({ sendMany: async () => [{ value: 'A' }], most: 9 })
    expect(await settled([coalescer.ask('a'), coalescer.ask('b')])).toEqual([
      'A',
      'Error: there is no answer to this question',
    ])
  })
})

test('a failure of the whole is that of each of them, and of no later one', async () => {
  let down = true
  const { ask } = fake(undefined, { fails: () => down })
  expect(await settled(['a', 'b'].map(ask))).toEqual(['Error: all of it', 'Error: all of it'])
  down = false
  expect(await ask('c')).toBe('C')
})

test('a sender that throws rejects those whom it was to send', async () => {
  const coalescer = createCoalescer<string, string>({
    sendMany: () => {
      throw new Error('thrown')
    },
    most: 9,
  })
  expect(await settled([coalescer.ask('a')])).toEqual(['Error: thrown'])
})

test('a question that throws when it is looked at fails alone', async () => {
  const coalescer = createCoalescer<string, string>({
    sendMany: async (questions) => questions.map((value) => ({ value })),
    most: 2,
    refusalOf: (question) => {
      if (question === 'b') throw new TypeError('not to be read')
      return undefined
    },
  })
  expect(await settled(['a', 'b', 'c'].map(coalescer.ask))).toEqual(['a', 'TypeError: not to be read', 'c'])
  expect(await settled([coalescer.ask('d')])).toEqual(['d'])
})
