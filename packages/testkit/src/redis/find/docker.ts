import { randomUUID } from 'node:crypto'
import { LABEL, clearFailure } from './docker-failure.js'
import { engineMissing } from './docker-engine.js'
import { freePort } from '../process/port.js'
import { untilReady } from '../process/ready.js'
import { reasonOf, type FoundRedis, type RedisOptions } from './source.js'
import { createServerHandle, type RedisServer } from '../server.js'
import { versionOfProgram } from '../process/version.js'

const IMAGE = 'redis:8-alpine'
const REDIS_PORT = 6379
const READY_MS = 60_000

/** A container. Testcontainers is loaded only when a Docker engine answers, because it is large and optional. */
export async function findByDocker({ image = IMAGE, onProgress }: RedisOptions): Promise<FoundRedis | string> {
  const missing = await engineMissing()
  if (missing) return missing
  try {
    const { ImageName, getContainerRuntimeClient } = await import('testcontainers')
    const engine = await getContainerRuntimeClient()
    const name = ImageName.fromString(image)
    if (!(await engine.image.exists(name))) {
      onProgress?.(`docker: pulling ${image}`)
      await engine.image.pull(name)
    }
  } catch (error) {
    return `a Docker engine answers, but ${image} cannot be run: ${reasonOf(error)}`
  }
  return { source: 'docker', description: image, start: (options) => startContainer(image, options) }
}

async function startContainer(image: string, options: RedisOptions): Promise<RedisServer> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers')
  // A fixed port of the host: otherwise Docker gives a container another port at each start.
  const port = options.port ?? (await freePort())
  const keepNothing = ['--save', '', '--appendonly', 'no', '--protected-mode', 'no']
  const id = randomUUID()
  const started = await new GenericContainer(image)
    .withCommand(['redis-server', ...keepNothing, ...(options.args ?? [])])
    .withExposedPorts({ container: REDIS_PORT, host: port })
    .withLabels({ [LABEL]: id })
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start()
    .catch(async (cause: unknown) => {
      const log = await clearFailure(id).catch(reasonOf)
      throw new Error(`the Redis container did not start: ${reasonOf(cause)}\n${log}`.trim(), { cause })
    })
  const container = (await getContainerRuntimeClient()).container.getById(started.getId())
  const host = started.getHost()
  const ready = (): Promise<void> => untilReady({ host, port }, READY_MS)
  await ready()
  const { output } = await started.exec(['redis-server', '--version'])
  const version = versionOfProgram(output) ?? ({ product: 'redis', version: 'unknown' } as const)

  const isRunning = async (): Promise<boolean> => (await container.inspect()).State.Running
  const kill = async (): Promise<void> => {
    // Not every engine kills a paused container.
    if ((await container.inspect()).State.Paused) await container.unpause()
    if (!(await isRunning())) return
    await container.kill().catch(async (error: unknown) => {
      // The container may have ended by itself meanwhile.
      if (await isRunning()) throw error
    })
  }
  return createServerHandle(
    { url: `redis://${host}:${port}`, host, port, source: 'docker', ...version },
    {
      pid: () => undefined,
      pause: () => container.pause(),
      resume: () => container.unpause(),
      kill,
      start: async () => {
        await container.start()
        await ready()
      },
      dispose: async () => void (await started.stop({ timeout: 0, remove: true, removeVolumes: true })),
    },
  )
}
