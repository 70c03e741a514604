import type { Claim } from '../../src/index.js'
import * as scripts from '../../src/redis/scripts.generated.js'
import type { RedisTransport } from '../../src/redis/index.js'

/** A command as the transport was asked to send it. */
export interface Sent {
  /** The name of the script: `'acquire'`. */
  readonly script: string
  readonly bySource: boolean
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

export interface ScriptedServer extends RedisTransport {
  readonly sent: Sent[]
}

interface Settings extends Partial<
  Pick<RedisTransport, 'clustered' | 'connection' | 'distinct' | 'executed' | 'state'>
> {
  /** Whether each name has waiters: the script for free names then answers so, and is not recorded in `sent`. */
  readonly contended?: boolean
}

/** A fake server: it answers the result of `answer`. */
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

/** Whether `text` is the script for names without other claims, or its hash. */
export const isUncontended = (text: string): boolean =>
  text === scripts.uncontended.sha1 || text === scripts.uncontended.source

/** The answer of that script when others want each of the names. */
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

/** The error with which a promise rejects. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`it was answered ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
