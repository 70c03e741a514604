import { type LockBackend, memoryBackend } from '@holdfast/core'
import { describe, expect, it } from 'vitest'
import { conformanceCases, renderReport, runConformance } from '../src/index.js'
import { stripped } from './mutants/capabilities.js'
import { realTimeTarget, referenceTarget } from './reference.js'

// Each test is a whole run of the suite, on a machine that may be busy.
describe('correct backends', { timeout: 300_000 }, () => {
  it('pass, with foreign values too, and only what they have is skipped', async () => {
    const report = await runConformance(referenceTarget('memory with foreign values'))
    expect(report.failed, renderReport(report)).toEqual([])
    expect(report.skipped.filter(({ reason }) => !reason.startsWith('only for backends without'))).toEqual([])
  })

  it('pass behind a decorator that does nothing', async () => {
    const report = await runConformance(
      referenceTarget('decorated', () => (inner) => ({
        ...inner,
        acquire: async (claim, call) => inner.acquire(claim, call),
        extend: async (claims, call) => inner.extend(claims, call),
      })),
    )
    expect(report.failed, renderReport(report)).toEqual([])
  })

  // A client with a bounded queue refuses calls that it has no room for, of any case. Eight cases run at once.
  it('are asked by a case no more than 50 calls at once, and pass', async () => {
    const seen = { most: 0 }
    const report = await runConformance(realTimeTarget('counted', () => (inner) => counting(inner, seen)))
    expect(report.failed, renderReport(report)).toEqual([])
    expect(seen.most).toBeLessThanOrEqual(8 * 50)
  })

  it('pass without any capability, and the skips say why', async () => {
    const report = await runConformance(referenceTarget('stripped', () => stripped))
    expect(report.failed, renderReport(report)).toEqual([])
    const { capabilities } = memoryBackend()
    const needing = conformanceCases.filter(({ requires = [] }) =>
      requires.some((need) => Object.hasOwn(capabilities, need)),
    )
    expect(report.skipped.map(({ id }) => id)).toEqual(needing.map(({ id }) => id))
    expect(report.skipped.every(({ reason }) => reason.startsWith('the backend has no capability'))).toBe(true)
  })

  it('pass in real time, several cases at once', async () => {
    const report = await runConformance(realTimeTarget('memory in real time'))
    expect(report.failed, renderReport(report)).toEqual([])
  })
})

/** Answers each call some time later, and counts how many have no answer at the same time. */
function counting(inner: LockBackend, seen: { most: number }): LockBackend {
  let unanswered = 0
  const through = async <T>(call: () => Promise<T>): Promise<T> => {
    seen.most = Math.max(seen.most, ++unanswered)
    try {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return await call()
    } finally {
      unanswered--
    }
  }
  return {
    ...inner,
    acquire: (claim, call) => through(() => inner.acquire(claim, call)),
    extend: (claims, call) => through(() => inner.extend(claims, call)),
    release: (claim, call) => through(() => inner.release(claim, call)),
    inspect: (name, call) => through(() => inner.inspect(name, call)),
    evict: (name, call) => through(() => inner.evict(name, call)),
  }
}
