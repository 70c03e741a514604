import { afterAll, expect } from 'vitest'
import { NOT_JUDGED } from '../../scripts/closing-line.js'

/** The state that the test files of a process share, which load this module one after the other. */
interface Unhandled {
  readonly reasons: unknown[]
  /** Whether a test ended before its last line: the calls that it had under way may still be rejected. */
  wasCutShort: boolean
}

const key = Symbol.for('holdfast.test.unhandled')
const shared = process as unknown as Record<symbol, Unhandled | undefined>

// No rejection in Holdfast may be left without a handler, whatever a fault does: Node would end the process.
const unhandled = (shared[key] ??= listen())

function listen(): Unhandled {
  const reasons: unknown[] = []
  process.on('unhandledRejection', (reason) => reasons.push(reason))
  return { reasons, wasCutShort: false }
}

interface Task {
  readonly tasks?: readonly Task[]
  readonly result?: { readonly state: string; readonly note?: string }
}

function isCutShort({ tasks = [], result }: Task): boolean {
  return result?.state === 'fail' || result?.note?.startsWith(NOT_JUDGED) === true || tasks.some(isCutShort)
}

// eslint-disable-next-line no-empty-pattern -- the runner reads the first argument from the source text
afterAll(({}, file) => {
  const reasons = unhandled.reasons.splice(0)
  unhandled.wasCutShort ||= isCutShort(file)
  if (!unhandled.wasCutShort) expect(reasons, 'unhandled rejections').toEqual([])
})
