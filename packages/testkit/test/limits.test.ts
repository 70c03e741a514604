import { expect, test } from 'vitest'
import { createCallLog } from '../src/suite/observe.js'
import { CaseTimeout, whileActive } from '../src/suite/limits.js'

const LIMIT_MS = 200

/** Holds this process up, as a busy machine does. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test('a case that this process was held up in is not one without an answer', async () => {
  const log = createCallLog()
  const step = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const work = async (): Promise<string> => {
    await step()
    block(2 * LIMIT_MS)
    await step()
    log.active()
    await step()
    return 'done'
  }
  expect(await whileActive(LIMIT_MS, work(), log)).toBe('done')
})

test('a case in which no call is answered ends at its limit', async () => {
  await expect(whileActive(LIMIT_MS, new Promise(() => {}), createCallLog())).rejects.toThrow(CaseTimeout)
})
