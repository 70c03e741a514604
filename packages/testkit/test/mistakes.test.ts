import { describe, expect, it } from 'vitest'
import { startFaultProxy } from '../src/faults/index.js'
import { conformanceCases, renderReport, runConformance, virtualClock } from '../src/index.js'
import { referenceTarget } from './reference.js'

type Mistake = readonly [title: string, args: readonly unknown[], message: string]

/** Calls as JavaScript does, with values of any type, and expects this error. */
async function expectRefused(
  fn: (...args: never[]) => unknown,
  args: readonly unknown[],
  [kind, message]: readonly [new () => Error, string],
): Promise<void> {
  const outcome = (async () => Reflect.apply(fn, undefined, args) as unknown)()
  const error: unknown = await outcome.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(kind)
  expect((error as Error).message).toContain(message)
}

describe('runConformance', () => {
  let opened = 0
  const target = { ...referenceTarget('a'), open: () => (opened++, Promise.reject(new Error('was opened'))) }

  it.each<Mistake>([
    ['an unknown option', [{ case: 'a' }], 'runConformance has no option "case": did you mean "cases"?'],
    ['another', [{ seeds: 1 }], 'runConformance has no option "seeds": did you mean "seed"?'],
    ['options that are null', [null], 'the options of runConformance must be an object, got null'],
    ['the id of a case', [{ cases: 'line/fifo' }], 'cases must be an array of cases, got string'],
    ['ids of cases', [{ cases: ['line/fifo'] }], 'cases must be an array of cases: filter conformanceCases by id'],
    ['a seed as text', [{ seed: '1' }], 'seed must be a number, got string'],
    ['a limit as text', [{ limitMs: '1' }], 'limitMs must be a number, got string'],
    ['a hook that is none', [{ onResult: true }], 'onResult must be a function, got boolean'],
  ])('refuses %s', (_, args, message) => expectRefused(runConformance, [target, ...args], [TypeError, message]))

  it.each<Mistake>([
    ['no case at once', [{ concurrency: 0 }], 'concurrency must be an integer of 1 or more, got 0'],
    ['no time', [{ limitMs: 0 }], 'limitMs must be greater than 0, got 0'],
    ['a seed that is no number', [{ seed: Number.NaN }], 'seed must be an integer, got NaN'],
    ['an effort that is no number', [{ effort: Number.NaN }], 'effort must be greater than 0, got NaN'],
  ])('refuses %s', (_, args, message) => expectRefused(runConformance, [target, ...args], [RangeError, message]))

  it('opens nothing then', () => expect(opened).toBe(0))

  it('takes all of its options, and options that are undefined', async () => {
    const ids: string[] = []
    const report = await runConformance(referenceTarget('a'), {
      cases: conformanceCases.slice(0, 3),
      concurrency: 2,
      limitMs: 20_000,
      seed: 7,
      effort: 0.5,
      onStart: ({ id }) => void ids.push(id),
      onResult: undefined as never,
    })
    expect(report).toMatchObject({ ok: true, seed: 7 })
    expect(ids).toHaveLength(3)
  })
})

describe('virtualClock', () => {
  it.each<Mistake>([
    ['nothing', [], 'advance needs a number of milliseconds, got undefined'],
    ['a text', ['10'], 'advance needs a number of milliseconds, got string'],
    ['NaN', [Number.NaN], 'advance needs a number of milliseconds, got NaN'],
    ['Infinity', [Infinity], 'advance needs a number of milliseconds, got Infinity'],
  ])('refuses to advance by %s', async (_, args, message) => {
    const clock = virtualClock(5)
    await expectRefused(clock.advance, args, [TypeError, message])
    expect(clock.now()).toBe(5)
  })

  it.each([['5'], [Number.NaN], [null]])('refuses to begin at %s', (startMs) =>
    expectRefused(virtualClock, [startMs], [TypeError, 'virtualClock needs a number of milliseconds, got']),
  )
})

describe('startFaultProxy', () => {
  const target = { host: '127.0.0.1', port: 1 }

  it.each<Mistake>([
    ['nothing', [], 'the options of startFaultProxy must be an object, got undefined'],
    ['a server in place of options', [target], 'startFaultProxy has no option "host": there are target, port'],
    ['no target', [{}], 'target must be { host, port }, as a handle of startRedis, got undefined'],
    ['a URL', [{ target: 'redis://x' }], 'target must be { host, port }, as a handle of startRedis, got string'],
    ['a promise', [{ target: Promise.resolve(target) }], 'got a promise: await it first'],
    ['a target without a port', [{ target: { host: 'x' } }], 'the port of the target must be a number, got undefined'],
    ['a port as text', [{ target, port: '1' }], 'port must be a number, got string'],
  ])('refuses %s', (_, args, message) => expectRefused(startFaultProxy, args, [TypeError, message]))

  it('refuses a port that cannot be one', () =>
    expectRefused(startFaultProxy, [{ target: { ...target, port: 65_536 } }], [RangeError, 'from 0 to 65535']))
})

describe('renderReport', () => {
  it.each<Mistake>([
    ['nothing', [], 'renderReport needs the report of runConformance, got undefined'],
    ['null', [null], 'got null'],
    ['a promise', [Promise.resolve({})], 'got a promise: await it first'],
    ['another object', [{}], 'got object'],
  ])('refuses %s', (_, args, message) => expectRefused(renderReport, args, [TypeError, message]))
})
