import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'

const server = await startRedis()
/** A ttl longer than a test may take: each locker still has a lease, which is not renewed any more. */
const TTL_MS = 600_000

const PROGRAMS = {
  ioredis: {
    head: `import { Redis } from 'ioredis'
      import { ioredisBackend as backendOf } from '@holdfast/adapter-ioredis'
      const client = new Redis(${server.port})`,
    tail: 'await client.quit()',
  },
  'node-redis': {
    head: `import { createClient } from 'redis'
      import { nodeRedisBackend as backendOf } from '@holdfast/adapter-node-redis'
      const client = await createClient({ url: '${server.url}' }).on('error', () => {}).connect()`,
    tail: 'await client.close()',
  },
}

// Each program holds a lease and listens for its loss, so that the connection for notifications is open.
const program = ({ head, tail }: { readonly head: string; readonly tail: string }): string => `
  import { createLocker } from '@holdfast/core'
  ${head}
  const lockers = Array.from({ length: 50 }, () => createLocker({ backend: backendOf(client), ttlMs: ${TTL_MS} }))
  for (const [i, locks] of lockers.entries()) (await locks.acquire(client.constructor.name + ' ' + i)).signal
  console.log('held')
  ${tail}`

test.each(Object.entries(PROGRAMS))(
  'a program with 50 lockers that nobody closes ends by itself when its client is closed, by %s',
  async (_, each) => {
    const args = ['--input-type=module', '--eval', program(each)]
    const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] })
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    expect({ output, errors, code: child.exitCode }).toEqual({ output: 'held\n', errors: '', code: 0 })
  },
)
