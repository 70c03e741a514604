import { expect, test } from 'vitest'
import { BackendError, type Claim, type Lease } from '../../src/index.js'
import { microtasks, settled } from '../support/clock.js'
import { gate, hangs, requestLost, slow } from '../support/faults.js'
import { NAME, type World, world } from '../support/world.js'

async function writerAndReader({ locks }: World, options = {}): Promise<{ writer: Lease; reader: Lease }> {
  const writer = await locks.acquire(NAME, options)
  const reader = await locks.acquire(NAME, { within: writer, mode: 'shared' })
  return { writer, reader }
}

test.each([
  ['with', true],
  ['without', false],
])('what was handed on meanwhile is not downgraded under its next holder, %s fences', async (_, fencing) => {
  const broken: number[] = []
  for (let turns = 0; turns < 40; turns++) {
    const here = world({}, { capabilities: { fencing } })
    const { writer, reader } = await writerAndReader(here)
    const extension = gate()
    here.backend.next('extend', extension.fault)
    void writer.extend().catch(() => {})
    await settled()
    const releasing = writer.release()
    const next = here.locks.acquire(NAME)
    await settled()
    extension.answer()
    await microtasks(turns)
    const reading = reader.release()
    await here.clock.advance(40)
    await Promise.all([releasing, reading])
    const lease = await here.clock.until(next)
    expect([lease.mode, lease.held]).toEqual(['exclusive', true])
    if ((await here.other().tryAcquire(NAME, { mode: 'shared' })) !== null) broken.push(turns)
  }
  expect(broken).toEqual([])
})

test('a refusal for good, after the time to renew has passed, does not end renewal', async () => {
  const here = world({ ttlMs: 1_000 })
  const { writer, reader } = await writerAndReader(here)
  await here.clock.advance(300)
  here.backend.next('extend', async (_, clock) => {
    await new Promise((resolve) => void clock.setTimeout(() => resolve(undefined), 100))
    throw new BackendError('not permitted', { executed: 'no', retryable: false })
  })
  const releasing = writer.release()
  await here.clock.advance(5_000)
  await releasing
  expect(reader.held).toBe(true)
})

test('does not cut short what was extended by hand', async () => {
  const here = world({ ttlMs: 10_000, renew: false })
  const { writer, reader } = await writerAndReader(here)
  await writer.extend(60_000)
  await writer.release()
  expect(reader.remainingMs).toBeGreaterThan(50_000)
})

test.each([
  ['hangs', hangs],
  ['fails', requestLost],
])('a release answers within twice the bound of one call when the store %s', async (_, fault) => {
  const here = world({ ttlMs: 600_000, attemptTimeoutMs: 100 })
  const { writer } = await writerAndReader(here)
  here.backend.always('extend', fault)
  let answer: string | undefined
  void writer.release().then((it) => (answer = it))
  await here.clock.advance(1_000)
  expect(answer).toBeDefined()
})

test('close() is bounded while a downgrade is to be tried again', async () => {
  const here = world({ ttlMs: 600_000, attemptTimeoutMs: 100 })
  const { writer } = await writerAndReader(here)
  here.backend.always('extend', requestLost)
  void writer.release()
  await here.clock.advance(100_000)
  let closed = false
  void here.locks.close().then(() => (closed = true))
  await here.clock.advance(10_000)
  expect(closed).toBe(true)
})

test('a store that comes back is asked again soon', async () => {
  const here = world({ ttlMs: 600_000, attemptTimeoutMs: 100 })
  const { writer } = await writerAndReader(here)
  here.backend.always('extend', requestLost)
  let answer: string | undefined
  void writer.release().then((it) => (answer = it))
  await here.clock.advance(170_000)
  here.backend.always('extend', (execute) => execute())
  await here.clock.advance(30_000)
  expect(answer).toBe('unknown')
  expect(await here.other().tryAcquire(NAME, { mode: 'shared' })).not.toBeNull()
})

test('a release that is awaited keeps the process alive', async () => {
  const here = world({ ttlMs: 60_000, attemptTimeoutMs: 1_000, renew: false })
  const { writer } = await writerAndReader(here)
  await here.clock.advance(60)
  here.backend.always('extend', hangs)
  let done = false
  void writer.release().then(() => (done = true))
  await settled()
  expect(done || here.clock.keepsAlive()).toBe(true)
})

test('the release of a writer whose reader leaves while the command is under way is no expiry', async () => {
  const here = world()
  const { writer, reader } = await writerAndReader(here)
  here.backend.next('extend', slow(200))
  const releasing = writer.release()
  const reading = reader.release()
  await here.clock.advance(1_000)
  expect([await releasing, await reading]).toEqual(['released', 'released'])
})

test('extend() is bounded while a downgrade is under way', async () => {
  const here = world({ ttlMs: 600_000, attemptTimeoutMs: 100 })
  const { writer, reader } = await writerAndReader(here)
  here.backend.always('extend', hangs)
  void writer.release()
  let done = false
  void reader.extend().then(
    () => (done = true),
    () => (done = true),
  )
  await here.clock.advance(5_000)
  expect(done).toBe(true)
})

test('a store that has forgotten the fence of a living lease, as Redis has after a day, does not end it', async () => {
  const here = world()
  const { writer, reader } = await writerAndReader(here)
  // A store that has lost the fence reserves a new one, as the Redis scripts do: the extension answers another fence.
  here.backend.next('extend', async (execute) => {
    const answer = (await execute()) as { fence: number }
    return { ...answer, fence: answer.fence + 1 }
  })
  await writer.release()
  expect(reader.held).toBe(true)
})

test('a name that was taken away and came back without fences is not believed to have been held', async () => {
  const here = world({}, { capabilities: { fencing: false } })
  const noFence = async (execute: () => Promise<unknown>): Promise<unknown> => ({
    ...((await execute()) as object),
    fence: null,
  })
  here.backend.always('extend', noFence)
  const { writer, reader } = await writerAndReader(here)
  const foreign = here.other()
  await foreign.forceRelease(NAME)
  await (await foreign.acquire(NAME)).release()
  await writer.release()
  expect(reader.held).toBe(false)
})

test('several readers who leave while the command is under way leave nothing behind', async () => {
  for (const ms of [0, 5, 50]) {
    const here = world()
    const { writer, reader } = await writerAndReader(here)
    const second = await here.locks.acquire(NAME, { within: reader, mode: 'shared' })
    const third = await here.locks.acquire(NAME, { within: second, mode: 'shared' })
    here.backend.next('extend', slow(20, 20), slow(3, 100))
    const all = [writer.release()]
    await here.clock.advance(ms)
    all.push(reader.release())
    await here.clock.advance(ms)
    all.push(second.release())
    await here.clock.advance(ms)
    all.push(third.release())
    await here.clock.advance(2_000)
    await Promise.all(all)
    expect(await here.other().inspect(NAME)).toBeNull()
    expect(here.backend.calls('extend').map(({ claim }: { claim: Claim }) => claim.mode)).toContain('shared')
  }
})

test.each([undefined, null])('a backend that answers %s to a downgrade harms nobody', async (value) => {
  const unhandled: unknown[] = []
  const keep = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', keep)
  const here = world({ ttlMs: 1_000 })
  const { writer } = await writerAndReader(here)
  here.backend.next('extend', async () => value)
  const end = writer.release().then(
    () => 'answers',
    () => 'rejects',
  )
  await here.clock.advance(3_000)
  let closed = false
  void here.locks.close().then(() => (closed = true))
  await here.clock.advance(10_000)
  process.off('unhandledRejection', keep)
  expect([await end, unhandled.length, closed]).toEqual(['answers', 0, true])
})

test('a downgrade that is executed late, after the name was taken away, does not hide the loss', async () => {
  const here = world({ ttlMs: 10_000, attemptTimeoutMs: 1_000 })
  const { writer, reader } = await writerAndReader(here)
  here.backend.next('extend', slow(2_000))
  const releasing = writer.release()
  await here.clock.advance(1_500)
  expect(await releasing).toBe('released')
  const foreign = here.other()
  await foreign.forceRelease(NAME)
  const other = await foreign.acquire(NAME)
  await other.release()
  await here.clock.advance(10_000)
  expect(reader.held).toBe(false)
})
