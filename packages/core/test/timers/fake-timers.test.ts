import { describe, expect, test } from 'vitest'
import { runModule } from '../support/child.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

// Each test runs in a process of its own: fake timers would also be the timers of the test runner. The fake timers of
// vitest and of jest are those of sinon.
const kits = {
  sinon: {
    fake: `
      const { install } = await import('@sinonjs/fake-timers')
      const clock = install({ now: Date.now() })
      clock.setSystemTime(Date.now() + 3_600_000)
      clock.tick(3_600_000)
    `,
    restore: 'clock.uninstall()',
  },
  'node:test': {
    fake: `
      const { mock } = await import('node:test')
      mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'], now: Date.now() })
      mock.timers.tick(3_600_000)
    `,
    restore: 'mock.timers.reset()',
  },
}

describe.concurrent('timers that a test fakes after this library was loaded', () => {
  test.each(Object.entries(kits))('by %s neither stop a wait nor end a lease', async (_, { fake, restore }) => {
    const exit = await runModule(`
      const holder = createLocker({ backend: memory, ttlMs: 20, renew: false })
      const long = await holder.acquire('long', { ttlMs: 60_000 })
      const short = await holder.acquire('short')
      ${fake}
      const held = long.held
      const next = await createLocker({ backend: memory }).acquire('short')
      console.error([held, short.held, next.held, await next.release()].join())
      ${restore}
    `)
    expect(exit.err).toContain('true,false,true,released')
    expect(exit.code).toBe(0)
  })
})

describe.concurrent('timers that were fake when this library was loaded', () => {
  test('hold up no command to Redis once the test has restored them', async () => {
    const { err, code } = await runModule(`
      const { install } = await import('@sinonjs/fake-timers')
      const clock = install({ toFake: ['nextTick', 'setTimeout', 'clearTimeout', 'performance', 'Date'] })
      const { redisBackend } = await import('./dist/redis/index.js')
      clock.uninstall()
      const run = async () => 'a1767225600000000'
      const backend = redisBackend({ name: 'fake', clustered: false, evalsha: run, eval: run })
      const lease = await createLocker({ backend }).tryAcquire('job')
      console.error(lease?.fence)
    `)
    expect(err).toContain('1767225600000000')
    expect(code).toBe(0)
  })
})
