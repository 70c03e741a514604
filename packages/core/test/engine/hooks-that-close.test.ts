import { expect, test } from 'vitest'
import { runModule } from '../support/child.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

// Each test runs in a process of its own: a locker that waits in turns of the promise queue would block this process.
const setting = `
  const rival = createLocker({ backend: memory })
  let close = () => {}
  const observer = (hook, when = () => true) => ({ [hook]: (event) => when(event) && close() })
  const run = async (locks, acquiring) => {
    let timers = 0
    const ticking = setInterval(() => timers++, 5)
    let closing
    close = () => (closing ??= locks.close())
    const end = await acquiring().then(() => 'granted', ({ code }) => code)
    await closing
    await new Promise((resolve) => setTimeout(resolve, 30))
    clearInterval(ticking)
    console.log(end, timers > 0, (await memory.inspect('x')).waiting)
  }
`

test.each([
  [
    'the hook `waiting`, behind one in this process,',
    `
      const locks = createLocker({ backend: memory, observer: observer('waiting') })
      await locks.acquire('y')
      await rival.acquire('x')
      await run(locks, () => locks.acquire('y'))
    `,
  ],
  [
    'the hook `waiting`, behind one in another process,',
    `
      const locks = createLocker({ backend: memory, observer: observer('waiting') })
      await rival.acquire('x')
      await run(locks, () => locks.acquire('x'))
    `,
  ],
  [
    'the hook `contended`, the first time,',
    `
      const locks = createLocker({ backend: memory, observer: observer('contended') })
      await rival.acquire('x')
      await run(locks, () => locks.acquire('x'))
    `,
  ],
  [
    'the hook `contended`, another time,',
    `
      const locks = createLocker({ backend: memory, observer: observer('contended', ({ attempt }) => attempt === 2) })
      await rival.acquire('x')
      await run(locks, () => locks.acquire('x'))
    `,
  ],
  [
    'the backoff',
    `
      const locks = createLocker({ backend: memory })
      await rival.acquire('x')
      const backoff = ({ attempt }) => (attempt === 2 && close(), 100)
      await run(locks, () => locks.acquire('x', { retry: { backoff } }))
    `,
  ],
])('close inside %s ends the wait and the process goes on', async (_, source) => {
  const { code, out, err, tookMs } = await runModule(`${setting}${source}process.exit()`)
  expect({ code, out, err }).toEqual({ code: 0, out: 'LOCK_CLOSED true 0', err: '' })
  expect(tookMs).toBeLessThan(5_000)
})
