import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the ports that systems hand out to outgoing connections (Linux from 32768, others from 49152): while a server
// is down, nobody else gets its port, and a client that keeps dialling it cannot end up connected to itself.
const LOWEST = 16_384
const HIGHEST = 32_000
const ATTEMPTS = 100

/** A port of 127.0.0.1 on which nothing listens now. Somebody else may take it meanwhile: be ready to ask again. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} found in ${ATTEMPTS} attempts`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(true)))
  })
}
