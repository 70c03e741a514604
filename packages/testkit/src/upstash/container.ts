import { engineMissing } from '../redis/find/docker-engine.js'
import { freePort } from '../redis/process/port.js'
import { reasonOf } from '../redis/find/source.js'

const IMAGE = 'hiett/serverless-redis-http:latest'
const READY_MS = 60_000
const TOKEN = 'token-of-the-container'

/** A server that speaks the REST protocol of Upstash. */
export interface UpstashEndpoint extends AsyncDisposable {
  readonly url: string
  readonly token: string
  stop(): Promise<void>
}

/** An independent implementation of the protocol that can be started. */
export interface FoundUpstash {
  /** The implementation, in words. */
  readonly description: string
  /** Starts the implementation in front of a Redis of this machine. */
  start(target: { readonly port: number }): Promise<UpstashEndpoint>
}

/**
 * Looks for serverless-redis-http, an implementation of the protocol that is not ours, as an image for Docker through
 * testcontainers. Answers in words why there is none.
 */
export async function findServerlessRedisHttp(): Promise<FoundUpstash | string> {
  const missing = await engineMissing()
  if (missing !== undefined) return missing
  try {
    const { ImageName, getContainerRuntimeClient } = await import('testcontainers')
    const engine = await getContainerRuntimeClient()
    const name = ImageName.fromString(IMAGE)
    if (!(await engine.image.exists(name))) await engine.image.pull(name)
  } catch (error) {
    return `a Docker engine answers, but ${IMAGE} is not to be had: ${reasonOf(error)}`
  }
  return { description: IMAGE, start: ({ port }) => startContainer(port) }
}

/** Uses the network of the host, because a Redis that listens on 127.0.0.1 can be reached nowhere else. */
async function startContainer(redisPort: number): Promise<UpstashEndpoint> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const started = await new GenericContainer(IMAGE)
    .withNetworkMode('host')
    .withEnvironment({
      SRH_MODE: 'env',
      SRH_TOKEN: TOKEN,
      SRH_PORT: `${port}`,
      SRH_CONNECTION_STRING: `redis://127.0.0.1:${redisPort}`,
    })
    .withWaitStrategy(Wait.forLogMessage(/Using port/))
    .start()
  const stop = async (): Promise<void> => void (await started.stop({ timeout: 0, remove: true, removeVolumes: true }))
  try {
    await untilAnswering(url)
  } catch (error) {
    await stop()
    throw error
  }
  return Object.freeze({ url, token: TOKEN, stop, [Symbol.asyncDispose]: stop })
}

async function untilAnswering(url: string): Promise<void> {
  const end = performance.now() + READY_MS
  for (;;) {
    try {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
      const answer = await fetch(url, { method: 'POST', headers, body: '["PING"]' })
      if (answer.ok) return
      throw new Error(`it answers ${answer.status}`)
    } catch (cause) {
      if (performance.now() >= end) throw new Error(`${IMAGE} was not ready: ${reasonOf(cause)}`, { cause })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
