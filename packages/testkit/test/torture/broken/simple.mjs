// A simple and correct backend over Redis, in which the torture must find nothing, and its parts for the wrong
// backends.
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'

/** @typedef {import('@holdfast/core').LockBackend} LockBackend */
/** @typedef {(...words: string[]) => Promise<unknown>} Command */

const ACQUIRE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and ARGV[3] == '' then return {0, redis.call('PTTL', KEYS[1])} end
if holder == ARGV[1] then
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  redis.call('SET', KEYS[3], redis.call('INCRBY', KEYS[2], ARGV[4]) - ARGV[4] + 1)
end
return {1, tonumber(redis.call('GET', KEYS[3]))}`
const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[3] == '0' then return 0 end
return redis.call('INCRBY', KEYS[2], ARGV[3]) - ARGV[3] + 1`
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`

/** @param {string} name */
const keysOf = (name) => [`{${name}}`, `{${name}}:counter`, `{${name}}:first`]

/** @param {Command} command @returns {LockBackend} */
export function simpleBackend(command) {
  return {
    specVersion: 1,
    name: 'simple',
    capabilities: Object.freeze({
      scope: 'shared',
      fencing: true,
      shared: false,
      line: false,
      watch: false,
      list: false,
    }),
    acquire: async ({ name, owner, ttlMs, steal = false, fences = 1 }) => {
      const words = [owner, `${ttlMs}`, steal ? 'steal' : '', `${fences}`]
      const [acquired, rest] = /** @type {[number, number]} */ (
        await command('EVAL', ACQUIRE, '3', ...keysOf(name), ...words)
      )
      return acquired === 1
        ? { acquired: true, validMs: ttlMs, fence: rest }
        : { acquired: false, retryAfterMs: rest > 0 ? rest : null, ahead: null }
    },
    extend: (claims) =>
      Promise.all(
        claims.map(async ({ name, owner, ttlMs, fences = 0 }) => {
          const words = [owner, `${ttlMs}`, `${fences}`]
          const first = Number(await command('EVAL', EXTEND, '2', ...keysOf(name).slice(0, 2), ...words))
          if (first < 0) return { status: 'lost' }
          return { status: 'extended', validMs: ttlMs, fence: first === 0 ? null : first }
        }),
      ),
    release: async ({ name, owner, keepMs }) => {
      const released = await command('EVAL', RELEASE, '1', `{${name}}`, owner, keepMs === undefined ? '' : `${keepMs}`)
      return released === 1 ? 'released' : 'not-held'
    },
    inspect: async (name) => {
      const owner = await command('GET', `{${name}}`)
      if (typeof owner !== 'string') return null
      const remainingMs = Number(await command('PTTL', `{${name}}`))
      return { name, mode: 'exclusive', holders: [{ owner, remainingMs, fence: null }], waiting: null }
    },
    evict: async (name) => (await command('DEL', `{${name}}`)) === 1,
  }
}

export const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * A target whose replies and commands are late now and then.
 * @param {string} name @param {(right: LockBackend, command: Command) => Partial<LockBackend>} change
 * @returns {import('@holdfast/testkit/torture').TortureTarget<{ name: string, port: number }>}
 */
export function target(name, change) {
  return {
    name,
    open: async () => {
      const server = await startRedis({ own: true })
      const proxy = await startFaultProxy({ target: server })
      /** @param {'request' | 'reply'} direction */
      const late = (direction) => async (/** @type {(below: number) => number} */ random) => {
        const fault = proxy.delay({ direction, ms: 20 + random(700), times: 12 })
        await Promise.race([fault.whenFired(12), pause(2_000)]).catch(() => {})
        fault.cancel()
        return fault.fired
      }
      return {
        places: [{ name: 'raw', port: proxy.port }],
        faults: [
          { kind: 'late replies', weight: 6, run: late('reply') },
          { kind: 'late commands', weight: 6, run: late('request') },
        ],
        close: async () => {
          await proxy.stop()
          await server.stop()
        },
      }
    },
    connect: async ({ port }) => {
      /** @type {Command} */
      const command = async (...words) => {
        const client = await connectRaw(port)
        try {
          return await client.command(...words)
        } finally {
          client.close()
        }
      }
      const right = simpleBackend(command)
      return { backend: { ...right, ...change(right, command) } }
    },
  }
}

export default target('a simple backend', () => ({}))
