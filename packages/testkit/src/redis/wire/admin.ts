import { connectRaw, type RedisAddress } from './raw-client.js'
import { reasonOf } from '../find/source.js'
import { sleep, within } from '../process/sleep.js'
import type { Reply } from './resp.js'

const ANSWER_MS = 10_000
const POLL_MS = 20

/** Sends a command on a connection of its own. Rejects without an answer in time, as from a frozen server. */
export async function ask(
  address: RedisAddress,
  words: readonly string[],
  timeoutMs: number = ANSWER_MS,
): Promise<Reply> {
  const client = await connectRaw(address)
  try {
    return await within(timeoutMs, client.command(...words), `${words.slice(0, 2).join(' ')} was not answered`)
  } finally {
    client.close()
  }
}

/**
 * Asks again and again until `check` answers a value. A check that throws has not answered yet; the error at the end of
 * the time has the last reason.
 */
export async function until<T>(what: string, timeoutMs: number, check: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  while (performance.now() < deadline) {
    try {
      const found = await check()
      if (found !== undefined) return found
      cause = undefined
    } catch (error) {
      cause = error
    }
    await sleep(POLL_MS)
  }
  throw new Error(`${what} did not come within ${timeoutMs} ms${cause === undefined ? '' : `: ${reasonOf(cause)}`}`, {
    cause,
  })
}

/** The value of a field in the answer of INFO, CLUSTER INFO and the like. */
export function fieldOf(text: Reply, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(text))?.[1]
}
