import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { reserve } from './port-reservation.js'

// Below the ports that systems hand out to outgoing connections (Linux from 32768, others from 49152): while a server
// is down, no other program gets its port, and a client that keeps dialling it cannot end up connected to itself.
const LOWEST = 16_384
const HIGHEST = 32_000
const ATTEMPTS = 100

/**
 * A port of 127.0.0.1 on which nothing listens now. No call answers it again while this process runs, not in another
 * process of this machine either: a server that is down for a while finds its port free. A foreign program may take it:
 * be ready to ask again.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, HIGHEST)
    if (reserve(port) && (await isFree(port))) return port
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
