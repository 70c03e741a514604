import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { createLocker } from '@holdfast/core'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { describe, expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName, timed } from '../../support/eventually.js'
import { open } from '../../support/open.js'
import { scriptRuns } from '../../support/script-commands.js'

const CROWD = 1_000

// Each test counts commands, so it has a server of its own.
describe.concurrent.each(clients)('by $name,', (client) => {
  test(`${CROWD} waiters in one process cost the store one place, and one release a few commands`, async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await using crowd = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    let served = 0
    const waiting = Array.from({ length: CROWD }, () =>
      crowd.locks.request(name, { waitMs: 60_000 }, () => void (served += 1)),
    )
    await eventually(async () => expect(String(await raw.command('HVALS', `{lock:${name}}:p`))).toContain('turn:'))
    expect(await raw.command('ZCARD', `{lock:${name}}:l`)).toBe(1)
    const before = await scriptRuns(raw)
    await lease.release()
    await Promise.all(waiting)
    expect(served).toBe(CROWD)
    // Most waiters get the lease by hand-over from the waiter before.
    expect((await scriptRuns(raw)) - before).toBeLessThan(CROWD / 4)
    expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0)
  })

  test(`to listen for the loss of ${CROWD} leases that share a name keeps the server from nothing else`, async () => {
    await using server = await startRedis({ own: true })
    await using user = await open(client, server.port, { ttlMs: 120_000 })
    const name = freshName()
    const leases = await Promise.all(Array.from({ length: CROWD }, () => user.locks.acquire(name, { mode: 'shared' })))
    // The watch begins with the first waiter, and then each waiter asks.
    for (const lease of leases) expect(lease.signal.aborted).toBe(false)
    const { ms } = await timed(user.locks.inspect(name))
    expect(ms).toBeLessThan(5_000)
  })

  test(`${CROWD / 5} waiters in as many lockers: each release wakes exactly one`, async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    const other = await client.connect(server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    const lockers = Array.from({ length: CROWD / 5 }, () => createLocker({ backend: other.backend }))
    const gone = new AbortController()
    setMaxListeners(0, gone.signal)
    const held: Promise<unknown>[] = []
    let granted = 0
    for (const locks of lockers) {
      const leased = locks.acquire(name, { waitMs: 60_000, signal: gone.signal })
      held.push(
        leased.then(
          () => (granted += 1),
          () => {},
        ),
      )
    }
    await eventually(async () => expect(await raw.command('ZCARD', `{lock:${name}}:l`)).toBe(lockers.length))
    await eventually(async () => {
      const places = (await raw.command('HVALS', `{lock:${name}}:p`)) as string[]
      expect(places.every((place) => place.includes('turn:'))).toBe(true)
    })
    const published = async (): Promise<number> =>
      Number(/cmdstat_publish:calls=(\d+)/.exec(String(await raw.command('INFO', 'commandstats')))?.[1] ?? 0)
    const before = await published()
    await lease.release()
    await eventually(() => expect(granted).toBe(1))
    expect((await published()) - before).toBe(1)
    gone.abort(new Error('enough'))
    await Promise.all(held)
    await Promise.all(lockers.map((locks) => locks.close()))
    await eventually(async () => expect(await raw.command('EXISTS', `lock:${name}`, `{lock:${name}}:l`)).toBe(0))
    other.end()
  })

  test('forged messages, thousands of them: no grant, no crash, and hardly a command', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const name = freshName()
    const lease = await user.locks.acquire(name)
    let granted = false
    const behind = other.locks.acquire(name).then((held) => {
      granted = true
      return held
    })
    await eventually(async () => expect(String(await raw.command('HVALS', `{lock:${name}}:p`))).toContain('turn:'))
    const [channel = ''] = (await raw.command('PUBSUB', 'CHANNELS')) as string[]
    const before = await scriptRuns(raw)
    const from = performance.now()
    const junk = ['', ' ', '\0', 'undefined 1', '__proto__ 1', lease.owner, `${randomUUID()} 1`, 'x'.repeat(10_000)]
    for (let sent = 0; sent < 20_000; sent += 500) {
      const flood = Array.from({ length: 500 }, (_, i) => raw.command('PUBLISH', channel, junk[i % junk.length] ?? ''))
      expect(await Promise.all(flood)).toContain(1)
    }
    const seconds = (performance.now() - from) / 1_000
    // The waiter asks once a second anyway.
    expect((await scriptRuns(raw)) - before).toBeLessThan(5 + 3 * seconds)
    expect(granted).toBe(false)
    expect(await raw.command('GET', `lock:${name}`)).toBe(lease.owner)
    await lease.release()
    expect((await behind).fence).toBeGreaterThan(lease.fence ?? 0)
  })

  test('giving up while it is granted, 2 000 times: one outcome each time, and nothing left', async () => {
    await using server = await startRedis({ own: true })
    await using raw = await connectRaw(server)
    await using user = await open(client, server.port)
    await using other = await open(client, server.port)
    const names = Array.from({ length: 20 }, freshName)
    const reason = new Error('given up')
    let got = 0
    let gaveUp = 0
    const race = async (name: string, round: number): Promise<void> => {
      const lease = await user.locks.acquire(name)
      const giveUp = new AbortController()
      const behind = other.locks.acquire(name, { signal: giveUp.signal })
      const outcome = behind.then(
        (held) => ({ held }),
        (error: unknown) => ({ error }),
      )
      if (round % 2 === 0) await other.locks.inspect(name)
      const released = lease.release()
      const turns = round % 8
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      // However slow the server is, some waiters are granted the name before they give up.
      if (turns === 7) await outcome
      giveUp.abort(reason)
      const end = await outcome
      expect(await released).toBe('released')
      if ('error' in end) {
        expect(end.error).toBe(reason)
        gaveUp += 1
        return
      }
      got += 1
      expect(end.held.held).toBe(true)
      expect(end.held.fence).toBeGreaterThan(lease.fence ?? 0)
      expect(await end.held.release()).toBe('released')
    }
    const races = names.map(async (name) => {
      for (let round = 0; round < 100; round++) await race(name, round)
    })
    await Promise.all(races)
    expect(got + gaveUp).toBe(2_000)
    expect(got).toBeGreaterThan(20)
    expect(gaveUp).toBeGreaterThan(20)
    for (const name of names) {
      await eventually(async () => expect(await raw.command('EXISTS', `lock:${name}`, `{lock:${name}}:l`)).toBe(0))
    }
  })
})
