import { createLocker } from '@holdfast/core'
import { redisBackend, type RedisTransport } from '@holdfast/core/redis'
import { virtualClock } from '@holdfast/testkit'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { clients } from '../../support/clients.js'
import { eventually, freshName } from '../../support/eventually.js'
import { open } from '../../support/open.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)

const POLL_MS = 1_000

// A process that was stopped goes on. It is time to ask again, and in its socket lies the notification of a turn that
// the store has long since taken back. The notification must not count for the call made after it.
test.each([
  ['before', 10_000],
  ['after', 10_000],
  ['before', 100],
  ['after', 100],
] as const)(
  'the news of a turn that has passed, read %s the answer to the next question, with a ttl of %d ms: nobody holds twice',
  async (when, ttlMs) => {
    const [client, subscriber] = [new Redis(server.port), new Redis(server.port)]
    const messages: string[] = []
    let deliver: (message: string) => void = () => {}
    let late = true
    const readLate = (): void => messages.splice(0).forEach(deliver)
    const transport: RedisTransport = {
      name: 'late',
      clustered: false,
      evalsha: async (sha1, keys, args) => {
        const unread = messages.length > 0
        const reply = await client.evalsha(sha1, keys.length, ...keys, ...args)
        if (unread && when === 'before') readLate()
        if (unread && when === 'after') setImmediate(readLate)
        return reply
      },
      eval: (source, keys, args) => client.eval(source, keys.length, ...keys, ...args),
      openSubscriber: ({ onMessage }) => ({
        connect: async () => {},
        subscribe: async (channels) => {
          const [inbox = ''] = channels
          deliver = (message) => onMessage(message, inbox)
          subscriber.on('message', (channel, message) => {
            if (channel === inbox) void (late ? messages.push(message) : deliver(message))
          })
          await subscriber.subscribe(...channels)
        },
        unsubscribe: async () => {},
        close: () => subscriber.disconnect(),
      }),
    }
    const clock = virtualClock()
    const stopped = createLocker({ backend: redisBackend(transport), clock, ttlMs })
    await using user = await open(clients[0] ?? expect.unreachable(), server.port)
    const name = freshName()

    const first = await user.locks.acquire(name)
    let granted = false
    const waiting = stopped.acquire(name).then((lease) => {
      granted = true
      return lease
    })
    const step = (): Promise<void> => clock.advance(1)
    await eventually(async () => {
      await step()
      expect(String(await raw.command('HVALS', `{lock:${name}}:p`))).toContain('turn:')
    })
    await first.release()
    await eventually(() => expect(messages).toHaveLength(1))
    // The turn of the waiter passes, unused.
    await raw.command('PEXPIRE', `lock:${name}`, '1')
    const second = await user.locks.acquire(name)

    await clock.advance(POLL_MS)
    await eventually(async () => expect(await raw.command('ZCARD', `{lock:${name}}:l`)).toBe(1))
    await eventually(() => expect(messages).toHaveLength(0))
    await raw.command('PING')
    await step()
    expect(granted).toBe(false)
    expect(await raw.command('GET', `lock:${name}`)).toBe(second.owner)

    late = false
    await second.release()
    await eventually(async () => {
      await step()
      expect(granted).toBe(true)
    })
    const third = await waiting
    expect(third.fence).toBeGreaterThan(second.fence ?? Infinity)
    // No other owner holds the name, though the lease may have expired: the clock of its holder stands still here.
    expect([third.owner, null]).toContain(await raw.command('GET', `lock:${name}`))
    await third.release()
    await stopped.close()
    client.disconnect()
  },
)
