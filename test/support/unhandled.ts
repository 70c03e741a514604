import { afterAll, expect } from 'vitest'
import { NOT_JUDGED } from '../../scripts/closing-line.js'

// Whatever a fault does, no rejection of ours may be left without a handler: Node would end the process.
const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

interface Task {
  readonly tasks?: readonly Task[]
  readonly result?: { readonly state: string; readonly note?: string }
}

/** Whether a test ended before its last line: the calls that it had under way are then nobody's. */
function wasCutShort({ tasks = [], result }: Task): boolean {
  return result?.state === 'fail' || result?.note?.startsWith(NOT_JUDGED) === true || tasks.some(wasCutShort)
}

// eslint-disable-next-line no-empty-pattern -- the runner reads the first argument from the source text
afterAll(({}, file) => {
  if (!wasCutShort(file)) expect(unhandled, 'unhandled rejections').toEqual([])
})
