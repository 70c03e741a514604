import { type LockBackend, memoryBackend, memoryStore, type Turn } from '@holdfast/core'
import { expect, it } from 'vitest'
import { type ConformanceCase, conformanceCases, type ConformanceTarget, runConformance } from '../src/index.js'
import { createBeside } from '../src/suite/beside.js'

/** A backend whose connection for notifications loses the first message after nobody watched for a while. */
function forgetful(inner: LockBackend): LockBackend {
  let watchers = 0
  let swallows = false
  return {
    ...inner,
    watch: async (onTurn, onStanding) => {
      watchers += 1
      const watcher = (turn: Turn): void => {
        if (!swallows) onTurn(turn)
        swallows = false
      }
      const unwatch = await inner.watch?.(watcher, onStanding)
      let ended = false
      return async () => {
        if (!ended && (watchers -= 1) === 0) swallows = true
        ended = true
        await unwatch?.()
      }
    },
  }
}

const unwatchCase = conformanceCases.filter(({ id }) => id === 'watch/unwatch')

/** Keeps a watcher while it runs, longer than the other case takes. */
const watchesOn: ConformanceCase = {
  id: 'test/watches-on',
  title: 'a watcher of another case',
  requires: ['watch'],
  run: async ({ a, b, pass }) => {
    const unwatches = await Promise.all([a, b].map(async (handle) => handle.watch?.(() => {})))
    await pass(1_000)
    for (const unwatch of unwatches) await unwatch?.()
  },
}

it('a case that runs alone finds what the watcher of another case would hide', { timeout: 60_000 }, async () => {
  const target: ConformanceTarget = {
    name: 'forgetful',
    open: async () => {
      const store = memoryStore()
      return { backends: [memoryBackend({ store }), forgetful(memoryBackend({ store }))] }
    },
  }
  const cases = [watchesOn, ...unwatchCase]
  const together = cases.map((one) => ({ ...one, alone: false }))
  expect((await runConformance(target, { cases: together })).failed).toEqual([])
  const report = await runConformance(target, { cases })
  expect(report.failed.map(({ id }) => id)).toEqual(['watch/unwatch'])
})

it('work that runs alone has nothing beside it, whatever fails', async () => {
  const beside = createBeside()
  const seen: string[] = []
  const work = (name: string) => async (): Promise<void> => {
    seen.push(`${name} begins`)
    await new Promise((resolve) => setImmediate(resolve))
    seen.push(`${name} ends`)
    if (name === 'fails') throw new Error(name)
  }
  const calls = [
    beside(false, work('first')),
    beside(false, work('fails')),
    beside(true, work('alone')),
    beside(true, work('next')),
    beside(false, work('last')),
  ]
  await Promise.allSettled(calls)
  expect(seen).toEqual([
    ...['first begins', 'fails begins', 'first ends', 'fails ends'],
    ...['alone begins', 'alone ends', 'next begins', 'next ends', 'last begins', 'last ends'],
  ])
})
