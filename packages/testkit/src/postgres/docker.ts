import { untilReady } from './ready.js'
import type { FoundPostgres, PostgresOptions } from './rung.js'
import { createPostgresHandle, type PostgresServer } from './server.js'
import { engineMissing, freePort, reasonOf } from './tools.js'

const IMAGE = 'postgres:17-alpine'
const PORT = 5432
const READY_MS = 60_000

/** A container. Testcontainers is loaded only when a Docker engine answers, because it is large and optional. */
export async function findByDocker({ image = IMAGE, onProgress }: PostgresOptions): Promise<FoundPostgres | string> {
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

async function startContainer(image: string, { settings = [] }: PostgresOptions): Promise<PostgresServer> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers')
  // A fixed port of the host: otherwise Docker gives a container another port at each start.
  const port = await freePort()
  const started = await new GenericContainer(image)
    .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
    .withCommand(['postgres', ...['max_connections=200', ...settings].flatMap((setting) => ['-c', setting])])
    .withExposedPorts({ container: PORT, host: port })
    // The message comes twice: from the server that prepares the database, and from the server that stays.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .start()
  const container = (await getContainerRuntimeClient()).container.getById(started.getId())
  const host = started.getHost()
  await untilReady({ host, port }, READY_MS)
  const kill = async (): Promise<void> => {
    const { Paused, Running } = (await container.inspect()).State
    if (Paused) await container.unpause()
    if (Running) await container.kill()
  }
  return createPostgresHandle(
    { url: `postgres://postgres@${host}:${port}/postgres`, host, port, source: 'docker' },
    {
      pause: () => container.pause(),
      resume: () => container.unpause(),
      kill,
      start: async () => {
        await container.start()
        await untilReady({ host, port }, READY_MS)
      },
      dispose: async () => void (await started.stop({ timeout: 0, remove: true, removeVolumes: true })),
    },
  )
}
