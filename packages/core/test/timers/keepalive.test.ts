import { describe, expect, test } from 'vitest'
import { runModule } from '../support/child.js'
import { allowOneMinute } from '../support/time-limit.js'

allowOneMinute()

const ended = (out: string): object => ({ code: 0, out, err: '' })

describe.concurrent('a process with nothing else to do', () => {
  test('that waits for a store which never answers does not end before the wait does', async () => {
    const exit = await runModule(`
      const locks = createLocker({ backend: hanging('acquire', 'release'), waitMs: 300, attemptTimeoutMs: 100 })
      await locks.acquire('a').catch((error) => console.log(error.code))
    `)
    expect(exit).toMatchObject(ended('LOCK_INDETERMINATE'))
  })

  test('that waits in line for a name does not end before it has it', async () => {
    const exit = await runModule(`
      const holder = createLocker({ backend: memory, ttlMs: 300, renew: false })
      await holder.acquire('a')
      const locks = createLocker({ backend: memory })
      await Promise.all([1, 2, 3].map(() => locks.request('a', () => console.log('had it'))))
    `)
    expect(exit).toMatchObject(ended('had it\nhad it\nhad it'))
  })

  test('that releases, extends or closes does not end before the answer is there', async () => {
    const exit = await runModule(`
      const locks = createLocker({ backend: hanging('extend', 'release'), attemptTimeoutMs: 100, renew: false })
      const lease = await locks.acquire('a')
      await lease.extend().catch((error) => console.log(error.code))
      console.log(await lease.release())
      await locks.acquire('b')
      await locks.close()
      console.log('closed')
    `)
    expect(exit).toMatchObject(ended('LOCK_INDETERMINATE\nunknown\nclosed'))
  })

  test('that releases a name that is to stay taken, while its renewal hangs, does not end before that', async () => {
    const exit = await runModule(`
      const locks = createLocker({ backend: hanging('extend'), ttlMs: 300, attemptTimeoutMs: 200 })
      const ended = async (end) => {
        const lease = await locks.acquire('a', { minHoldMs: 300 })
        await new Promise((resolve) => setTimeout(resolve, 110))
        console.log(await end(lease))
      }
      await ended((lease) => lease.release())
      await memory.evict('a')
      await ended(() => locks.close())
    `)
    expect(exit).toMatchObject(ended('released\nundefined'))
  })

  test('that closes while its watch hangs does not end before it is closed', async () => {
    const exit = await runModule(`
      await createLocker({ backend: memory, renew: false }).acquire('a')
      const locks = createLocker({ backend: hanging('watch'), attemptTimeoutMs: 100 })
      const waiting = locks.acquire('a').catch((error) => console.log(error.code))
      await new Promise((resolve) => setTimeout(resolve, 50))
      await locks.close()
      await waiting
      console.log('closed')
    `)
    expect(exit).toMatchObject(ended('LOCK_CLOSED\nclosed'))
  })

  test('but hold a lease that is renewed ends by itself, at once', async () => {
    const exit = await runModule(`
      const locks = createLocker({ backend: memory })
      const lease = await locks.acquire('a')
      lease.signal.addEventListener('abort', () => console.log('lost'))
      await locks.acquire('b', { ttlMs: 100 })
      await new Promise((resolve) => setTimeout(resolve, 300))
      console.log(lease.held)
    `)
    expect(exit).toMatchObject(ended('true'))
    expect(exit.tookMs).toBeLessThan(5_000)
  })

  test('but hold a lease while the store hangs ends by itself, at once', async () => {
    const exit = await runModule(`
      const locks = createLocker({ backend: hanging('extend', 'release'), ttlMs: 60_000, attemptTimeoutMs: 30_000 })
      await locks.acquire('a', { ttlMs: 100 })
      await new Promise((resolve) => setTimeout(resolve, 60))
      console.log('done')
    `)
    expect(exit).toMatchObject(ended('done'))
    expect(exit.tookMs).toBeLessThan(5_000)
  })

  test('but the leases that it released ends by itself, at once', async () => {
    const exit = await runModule(`
      const locks = createLocker({ backend: memory })
      for (let i = 0; i < 100; i++) await locks.request('a', () => i)
      console.log('done')
    `)
    expect(exit).toMatchObject(ended('done'))
    expect(exit.tookMs).toBeLessThan(5_000)
  })

  test('may end in the critical section, by exit or by an exception that nobody catches', async () => {
    const [exit, crash] = await Promise.all([
      runModule(`await createLocker({ backend: memory }).request('a', () => process.exit(7))`),
      runModule(`void createLocker({ backend: memory }).request('a', () => { throw new Error('mine') })`),
    ])
    expect(exit.code).toBe(7)
    expect(crash.code).toBe(1)
    expect(crash.err).toContain('Error: mine')
  })
})
