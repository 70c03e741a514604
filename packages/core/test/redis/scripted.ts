import type { Claim } from '../../src/index.js'
import * as scripts from '../../src/redis/scripts.generated.js'
import type { RedisTransport } from '../../src/redis/index.js'

/** One command as the transport was asked to send it. */
export interface Sent {
  /** Which script: `'acquire'`. */
  readonly script: string
  readonly bySource: boolean
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

export interface ScriptedServer extends RedisTransport {
  readonly sent: Sent[]
}

interface Settings extends Partial<Pick<RedisTransport, 'clustered' | 'connection' | 'distinct'>> {
  /** Whether others wait for every name, so that the script for free names sends the caller on, unseen. */
  readonly contended?: boolean
}

/** A server in name only: it answers what `answer` says. */
export function scriptedServer(
  answer: (sent: Sent) => unknown,
  { contended = false, ...rest }: Settings = {},
): ScriptedServer {
  const sent: Sent[] = []
  const run = (bySource: boolean) => async (text: string, keys: string[], args: string[]) => {
    if (contended && isUncontended(text)) return askOthers(keys)
    const named = Object.entries(scripts).find(([, script]) => text === (bySource ? script.source : script.sha1))
    const command = { script: named?.[0] ?? '?', bySource, keys, args }
    sent.push(command)
    return answer(command)
  }
  return { name: 'scripted', clustered: false, ...rest, sent, evalsha: run(false), eval: run(true) }
}

/** Whether this is the script for names that nobody else wants, or its hash. */
export const isUncontended = (text: string): boolean =>
  text === scripts.uncontended.sha1 || text === scripts.uncontended.source

/** Its answer where others want each of the names. */
export const askOthers = (keys: readonly string[]): string =>
  keys
    .slice(0, keys.length / 2)
    .map(() => 'o')
    .join('\n')

export const claimOf = (name: string, rest: Partial<Claim> = {}): Claim => ({
  name,
  owner: `label~${'0'.repeat(30)}${name.length.toString(16).padStart(2, '0')}`,
  ttlMs: 10_000,
  mode: 'exclusive',
  limit: 1,
  ...rest,
})

/** How a promise was rejected. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`it was answered ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
