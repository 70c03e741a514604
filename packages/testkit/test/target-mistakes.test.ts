import { expect, test } from 'vitest'
import {
  conformanceCases,
  type ConformanceReport,
  type ConformanceTarget,
  renderReport,
  runConformance,
  type StoreFaults,
} from '../src/index.js'
import { referenceTarget } from './reference.js'

/** A correct backend in a target whose faults `change` spoils. */
function spoiled(change: (faults: StoreFaults) => StoreFaults): ConformanceTarget {
  const target = referenceTarget('a target with a mistake')
  return {
    ...target,
    open: async () => {
      const store = await target.open()
      return { ...store, ...(store.faults !== undefined && { faults: change(store.faults) }) }
    },
  }
}

async function judged(target: ConformanceTarget, ...ids: readonly string[]): Promise<ConformanceReport> {
  return runConformance(target, { cases: conformanceCases.filter(({ id }) => ids.includes(id)) })
}

/** Faults that match no command of the backend. */
const never = (faults: StoreFaults): StoreFaults => ({
  can: faults.can,
  open: async () => ({
    ...(await faults.open()),
    loseReply: () => ({ fired: 0 }),
    duplicate: () => ({ fired: 0, deliver: async () => {} }),
  }),
})

test.each([
  ['unknown/acquire-reply-lost', 'loseReply() of the target did not strike the claim after it'],
  ['unknown/release-reply-lost', 'loseReply() of the target did not strike the release after it'],
  ['unknown/extend-reply-lost', 'loseReply() of the target did not strike the extension after it'],
  ['unknown/extend-again-later', 'duplicate() of the target did not strike the extension after it'],
])('a fault that does not strike is a mistake of the target, not of its backend: %s', async (id, message) => {
  const report = await judged(spoiled(never), id)
  expect(report.failed.map(({ by }) => by)).toEqual(['target'])
  const text = renderReport(report)
  expect(text).toContain(`the target made a mistake, and nothing is said about its backend: ${message}`)
  expect(text).not.toMatch(/the backend threw|rule:/)
})

test('a fault that the target says it has, and has not, is a mistake of the target', async () => {
  const without = spoiled((faults) => ({
    can: faults.can,
    open: async () => {
      const { cut: _, ...others } = await faults.open()
      return others
    },
  }))
  const report = await judged(without, 'unknown/acquire-request-lost')
  expect(report.failed.map(({ by, error }) => [by, error.message])).toEqual([
    ['target', 'the target has no cut(), although its `can` says so'],
  ])
})
