import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { renderReport, runConformance } from '@holdfast/testkit'
import { connectRaw, redisTarget, startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'

/**
 * The suite over both clients on one container, and what can be done to a container. Answers whether all passed.
 *
 * @param {string} host
 * @param {string} image
 */
export async function runSuite(host, image) {
  process.env.DOCKER_HOST = host
  // The reaper of Testcontainers is an image that would have to be pulled; containers left over are removed with the
  // image.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  const server = await startRedis({ own: true, source: 'docker', image })
  try {
    console.log(`docker rung: ${server.product} ${server.version} in a container`)
    const report = await runConformance(targetOf(server))
    const lines = renderReport(report).split('\n')
    console.log(lines.filter((line) => !line.startsWith('  ok ')).join('\n'))
    await control(server)
    return report.ok
  } finally {
    await server.stop()
  }
}

/** @param {import('@holdfast/testkit/redis').RedisServer} server */
function targetOf(server) {
  const prefix = 'docker:'
  const ioredis = async () => {
    const client = new Redis(server.port, server.host)
    return { backend: ioredisBackend(client, { prefix }), close: () => client.disconnect() }
  }
  const nodeRedis = async () => {
    const client = createClient({ url: server.url })
    client.on('error', () => {})
    await client.connect()
    return { backend: nodeRedisBackend(client, { prefix }), close: () => client.destroy() }
  }
  const name = `ioredis with node-redis, ${server.product} ${server.version} in a container`
  return redisTarget({ name, server, prefix, handles: [ioredis, nodeRedis] })
}

/**
 * Freezes, kills and restarts the container. Throws when it does not do as a process would.
 *
 * @param {import('@holdfast/testkit/redis').RedisServer} server
 */
async function control(server) {
  /** @param {string[]} words */
  const ask = async (...words) => {
    const client = await connectRaw(server)
    try {
      return await client.command(...words)
    } finally {
      client.close()
    }
  }
  await ask('SET', 'k', 'v')
  await server.pause()
  const late = ask('GET', 'k')
  await server.resume()
  if ((await late) !== 'v') throw new Error('a container that was frozen forgot')
  await server.restart()
  if ((await ask('GET', 'k')) !== null) throw new Error('a container that was restarted kept its data')
  await server.kill()
  const answered = await ask('PING').catch(() => undefined)
  if (answered !== undefined) throw new Error('a container that was killed answers')
  await server.restart()
  if ((await ask('PING')) !== 'PONG') throw new Error('a container that was restarted does not answer')
  console.log('docker rung: the container was frozen, killed and restarted')
}
