import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { redisBackend } from '../../src/redis/index.js'
import { claimOf, type Sent, scriptedServer } from './scripted.js'

const noScript = (): never => {
  throw new Error('NOSCRIPT No matching script. Please use EVAL.')
}
/** A grant for each claim. */
const granted = (keys: readonly string[]): string =>
  keys
    .slice(0, keys.length / 2)
    .fill('a1')
    .join('\n')
const sources = (sent: readonly Sent[]): number => sent.filter(({ bySource }) => bySource).length

/** A cluster whose nodes have no script cached. The first character of a name is the number of its node. */
function coldNodes(): (sent: Sent) => Promise<unknown> {
  const known = new Set<string>()
  return async ({ script, bySource, keys }) => {
    const node = `${script} ${keys[0]?.charAt('lock:'.length)}`
    await turn()
    if (bySource) known.add(node)
    return known.has(node) ? granted(keys) : noScript()
  }
}

test('of hundreds of commands that a server does not know, one carries the source', async () => {
  const server = scriptedServer(coldNodes())
  const backend = redisBackend(server)
  const grants = await Promise.all(Array.from({ length: 400 }, (_, i) => backend.acquire(claimOf(`0-${i}`))))
  expect(grants.every(({ acquired }) => acquired)).toBe(true)
  expect(sources(server.sent)).toBe(1)
})

test('of a cluster, one for each node', async () => {
  const server = scriptedServer(coldNodes(), { clustered: true })
  const backend = redisBackend(server)
  const grants = await Promise.all(Array.from({ length: 300 }, (_, i) => backend.acquire(claimOf(`${i % 3}-{${i}}`))))
  expect(grants.every(({ acquired }) => acquired)).toBe(true)
  expect(sources(server.sent)).toBe(3)
})

test('a source that is never answered holds up nobody who asks later', async () => {
  let hangs = true
  const server = scriptedServer(async ({ bySource }) => {
    if (bySource && hangs) await new Promise(() => {})
    return bySource ? 'a1' : noScript()
  })
  const backend = redisBackend(server)
  void backend.acquire(claimOf('first'))
  await turn()
  hangs = false
  expect(await backend.acquire(claimOf('second'))).toMatchObject({ acquired: true })
})

test('no two commands are alike over a transport that asks for it, and each has what its script reads', async () => {
  const server = scriptedServer(({ bySource }) => (bySource ? 'a1' : noScript()), { distinct: true })
  const backends = [redisBackend(server), redisBackend(server)]
  for (const backend of [...backends, ...backends]) {
    await backend.acquire({ ...claimOf('name'), owner: 'label~x' })
  }
  const bodies = server.sent.map((sent) => JSON.stringify(sent))
  expect(new Set(bodies).size).toBe(bodies.length)
  for (const { args } of server.sent) expect(args.slice(0, 3)).toEqual(['1', 'label~x', '10000'])
})
