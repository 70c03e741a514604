import { request, type RequestOptions } from 'node:http'
import { join } from 'node:path'

const PING_MS = 1_500

/**
 * Answers `undefined` when a Docker engine answers, otherwise why not, in words. Asked before anything heavy is loaded.
 */
export async function engineMissing(): Promise<string | undefined> {
  const failures: string[] = []
  for (const place of places()) {
    const failure = await ping(place)
    if (!failure) return undefined
    failures.push(`${place.name} (${failure})`)
  }
  return `no Docker engine answers at ${failures.join(' or ')}`
}

interface Place {
  readonly name: string
  readonly where: RequestOptions
}

function places(): readonly Place[] {
  const { DOCKER_HOST, XDG_RUNTIME_DIR, HOME } = process.env
  if (DOCKER_HOST) return [placeOf(DOCKER_HOST)]
  const sockets = ['/var/run/docker.sock']
  if (XDG_RUNTIME_DIR) sockets.push(join(XDG_RUNTIME_DIR, 'docker.sock'))
  if (HOME) sockets.push(join(HOME, '.docker', 'run', 'docker.sock'))
  return sockets.map((socketPath) => ({ name: socketPath, where: { socketPath } }))
}

function placeOf(host: string): Place {
  const url = URL.canParse(host) ? new URL(host) : undefined
  if (url?.protocol === 'unix:') return { name: url.pathname, where: { socketPath: url.pathname } }
  return { name: 'DOCKER_HOST', where: { host: url?.hostname, port: url?.port } }
}

function ping({ where }: Place): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ ...where, path: '/_ping', timeout: PING_MS }, (response) => {
      response.resume()
      // An engine behind TLS answers a plain request with an error; it is there all the same.
      resolve(undefined)
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${PING_MS} ms`)))
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    asked.end()
  })
}
