import { describe, expect, test } from 'vitest'
import { type Lease, isLockError } from '../../src/index.js'
import { hangs, refused, replyLost, requestLost, slow } from '../support/faults.js'
import { codeOf, NAME, type World, world } from '../support/world.js'

async function writerAndReader({ locks }: World, options = {}): Promise<{ writer: Lease; reader: Lease }> {
  const writer = await locks.acquire(NAME, options)
  const reader = await locks.acquire(NAME, { within: writer, mode: 'shared' })
  return { writer, reader }
}

describe('a writer who goes on as a reader', () => {
  test('lets other readers in, and no writer, from the moment of the release on', async () => {
    const here = world()
    const { writer, reader } = await writerAndReader(here)
    expect(await here.other().tryAcquire(NAME, { mode: 'shared' })).toBeNull()
    expect(await writer.release()).toBe('released')
    expect([reader.held, reader.mode]).toEqual([true, 'shared'])
    const beside = await here.other().tryAcquire(NAME, { mode: 'shared' })
    expect(beside).not.toBeNull()
    expect(await here.other().tryAcquire(NAME)).toBeNull()
    await reader.release()
    await beside?.release()
    expect(await here.other().tryAcquire(NAME)).not.toBeNull()
  })

  test('is renewed as a reader, and lost as one', async () => {
    const here = world({ ttlMs: 1_000 })
    const { writer, reader } = await writerAndReader(here)
    await writer.release()
    await here.clock.advance(10_000)
    expect(reader.held).toBe(true)
    expect(here.backend.calls('extend').every(({ claim }) => claim.mode === 'shared')).toBe(true)
    await here.other().forceRelease(NAME)
    await here.clock.advance(1_000)
    expect(reader.held).toBe(false)
  })

  test('cannot write any more', async () => {
    const here = world()
    const { writer, reader } = await writerAndReader(here)
    const again = await here.locks.acquire(NAME, { within: reader })
    await again.release()
    await writer.release()
    expect(await codeOf(here.locks.acquire(NAME, { within: reader }))).toBe('LOCK_UNSUPPORTED')
  })

  test('stays a writer where the store knows no readers', async () => {
    const here = world({}, { capabilities: { shared: false } })
    const writer = await here.locks.acquire(NAME)
    const inner = await here.locks.acquire(NAME, { within: writer })
    expect(await writer.release()).toBe('released')
    expect(inner.held).toBe(true)
  })

  test.each([
    ['is not executed', requestLost],
    ['is executed and not answered', replyLost],
    ['is refused for now', refused()],
  ])('asks again when the command %s', async (_, fault) => {
    const here = world({ ttlMs: 10_000, attemptTimeoutMs: 1_000 })
    const { writer, reader } = await writerAndReader(here)
    here.backend.next('extend', fault)
    const releasing = writer.release()
    await here.clock.advance(5_000)
    expect(await releasing).toBe('released')
    expect(reader.held).toBe(true)
    expect(await here.other().tryAcquire(NAME, { mode: 'shared' })).not.toBeNull()
    await here.clock.advance(20_000)
    expect(reader.held).toBe(true)
  })

  test('is lost at its deadline when the store hangs, and what is executed late is given back', async () => {
    const here = world({ ttlMs: 1_000, attemptTimeoutMs: 300 })
    const { writer, reader } = await writerAndReader(here)
    here.backend.always('extend', slow(5_000))
    const { signal } = reader
    const releasing = writer.release()
    await here.clock.advance(1_000)
    expect(await releasing).toBe('unknown')
    expect(isLockError(signal.reason, 'LOCK_LOST')).toBe(true)
    await here.clock.advance(10_000)
    expect(await here.other().inspect(NAME)).toBeNull()
  })

  test('that was taken away meanwhile is lost, and leaves nothing behind', async () => {
    const here = world()
    const { writer, reader } = await writerAndReader(here)
    await here.other().forceRelease(NAME)
    expect(await writer.release()).toBe('expired')
    expect(reader.held).toBe(false)
    await here.clock.advance(100)
    expect(await here.other().inspect(NAME)).toBeNull()
  })

  test('and is released while the command is under way leaves nothing behind', async () => {
    const here = world()
    const { writer, reader } = await writerAndReader(here)
    here.backend.next('extend', slow(200))
    const releasing = writer.release()
    const reading = reader.release()
    await here.clock.advance(1_000)
    expect(await Promise.all([releasing, reading])).toEqual(['released', 'released'])
    expect(await here.other().inspect(NAME)).toBeNull()
  })

  test('is not handed to a local writer who waits', async () => {
    const here = world()
    const { writer, reader } = await writerAndReader(here)
    const next = here.locks.acquire(NAME)
    await writer.release()
    await here.clock.advance(100)
    expect(reader.held).toBe(true)
    expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits')
    await reader.release()
    expect((await next).held).toBe(true)
  })

  test('closes without hanging while the store does', async () => {
    const here = world({ ttlMs: 1_000 })
    const { writer } = await writerAndReader(here)
    here.backend.always('extend', hangs)
    void writer.release()
    const closing = here.locks.close()
    await here.clock.advance(5_000)
    await closing
  })
})
