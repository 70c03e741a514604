import { connectRaw, type RedisAddress } from '../wire/raw-client.js'
import { reasonOf } from '../find/source.js'
import { sleep, within } from './sleep.js'
import { versionOfInfo, type Version } from './version.js'

const POLL_MS = 5

/**
 * Resolves when the server answers PING and has loaded its data. A server that wants a password first counts as
 * ready. Rejects after `timeoutMs` milliseconds, or as soon as `hasEnded`, with the last failure.
 */
export async function untilReady(
  address: RedisAddress,
  timeoutMs: number,
  hasEnded: () => boolean = () => false,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  while (performance.now() < deadline && !hasEnded()) {
    try {
      return await ping(address, deadline - performance.now())
    } catch (error) {
      cause = error
      await sleep(POLL_MS)
    }
  }
  throw new Error(`the Redis server did not answer PING within ${timeoutMs} ms (${reasonOf(cause)})`, { cause })
}

/** Asks a server for its version; `'unknown'` when that is forbidden. */
export async function askVersion(address: RedisAddress, credentials: readonly string[] = []): Promise<Version> {
  const client = await connectRaw(address)
  try {
    if (credentials.length > 0) await client.command('AUTH', ...credentials)
    const info = await client.command('INFO', 'server').catch(unless(/^NOPERM/))
    return versionOfInfo(String(info))
  } finally {
    client.close()
  }
}

async function ping(address: RedisAddress, timeoutMs: number): Promise<void> {
  const client = await connectRaw(address)
  try {
    const reply = client.command('PING').catch(unless(/^(NOAUTH|NOPERM)/))
    await within(timeoutMs, reply, 'PING was not answered')
  } finally {
    client.close()
  }
}

function unless(expected: RegExp): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && expected.test(error.message))) throw error
  }
}
