import { createLocker } from '@holdfast/core'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { clientVersions } from '../test/support/client-versions.js'
import { eventually } from '../test/support/eventually.js'
import { ownTime } from '../test/support/pace.js'

const server = await startRedis({ own: true })
afterAll(() => server.stop())

/** The number of cuts in all, over each client with each of its sets of options. */
const CUTS = 400
/** The time after a cut until hints are back, most of which is a pause before the next attempt. */
const BACK_MS = 2_000
/** The time that a busy machine may add to that, once in a while. */
const SLACK_MS = 3_000

// Unhandled rejections fail the file: see test/support/unhandled.ts.
describe.concurrent.each(clientVersions)('$name', (version) => {
  test.each([
    ['default', {}],
    ['recommended', version.recommended],
  ])(`${CUTS} cuts of the connection for notifications, with %s options`, { timeout: 600_000 }, async (_, options) => {
    await using raw = await connectRaw(server)
    await using proxy = await startFaultProxy({ target: server })
    const client = await version.open(proxy.port, options)
    const backend = client.backend()
    const locks = createLocker({ backend })
    let standing = true
    let changes = 0
    const end = await backend.watch?.(
      () => {},
      (now) => {
        standing = now
        changes += 1
      },
    )
    const prefix = 'lock:turn:lost'
    const late: number[] = []
    for (let i = 0; i < CUTS; i++) {
      const from = ownTime()
      const seen = changes
      // All connections are cut, the user's too: at any moment of connecting, logging in and subscribing.
      proxy.cutAll()
      if (i % 4 > 0) {
        await new Promise((resolve) => setTimeout(resolve, (i * 7) % 60))
        proxy.cutAll()
      }
      await eventually(() => expect(standing && changes > seen).toBe(true))
      const ms = ownTime() - from
      if (ms > BACK_MS) late.push(ms)
    }
    expect(Math.max(0, ...late)).toBeLessThan(BACK_MS + SLACK_MS)
    expect(late.length).toBeLessThan(CUTS / 20)
    await eventually(() => expect(proxy.stats().open).toBe(2))
    await end?.()
    await locks.close()
    await eventually(() => expect(proxy.stats().open).toBe(1))
    client.end()
    await eventually(() => expect(proxy.stats().open).toBe(0))
    expect(await raw.command('PUBSUB', 'NUMSUB', prefix)).toBeDefined()
  })
})
