import type { CallOptions, Inspection } from '../backend.js'
import { isBackendError } from '../errors.js'
import { listScript } from './contracts.js'
import { toBackendError } from './failure.js'
import { keysOf, lockOfLine, nameOf } from './keys.js'
import { run } from './script.js'
import type { RedisTransport } from './transport.js'

/** How many names are looked at together. */
const TOGETHER = 16

/**
 * The `list` of a Redis backend. Names are found by two scans: of the lines, for a lease may have ended with a line
 * behind it, and then of the locks. In this order, because a name goes from the line to the lock, and would be missed
 * between them in the other. Each name is then asked about by itself.
 */
export function createList(
  transport: RedisTransport,
  prefix: string,
): (call?: CallOptions) => AsyncGenerator<Inspection> {
  const lookAt = async (name: string): Promise<Inspection | null> => {
    try {
      const found = await run(transport, listScript, keysOf(prefix, name), undefined, [])
      return found && { name, ...found }
    } catch (error) {
      // None of ours.
      if (isBackendError(error) && /\bWRONGTYPE\b/.test(error.message)) return null
      throw error
    }
  }

  return async function* list({ signal } = {}) {
    const seen = new Set<string>()
    let batch: string[] = []
    for await (const name of namesIn(transport, prefix)) {
      signal?.throwIfAborted()
      if (seen.has(name)) continue
      seen.add(name)
      if (batch.push(name) < TOGETHER) continue
      yield* await lookAtAll(batch)
      batch = []
    }
    signal?.throwIfAborted()
    yield* await lookAtAll(batch)
  }

  async function lookAtAll(names: readonly string[]): Promise<readonly Inspection[]> {
    const found = await Promise.all(names.map(lookAt))
    return found.filter((one) => one !== null)
  }
}

/** All names that may be held or waited for, some of them repeatedly. */
async function* namesIn(transport: RedisTransport, prefix: string): AsyncGenerator<string> {
  for await (const key of scan(transport, '*}:l*')) {
    const lock = lockOfLine(prefix, key)
    const name = lock === undefined ? undefined : nameOf(prefix, lock)
    if (name !== undefined) yield name
  }
  for await (const key of scan(transport, `${prefix.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)}*`)) {
    const name = nameOf(prefix, key)
    if (name !== undefined) yield name
  }
}

async function* scan(transport: RedisTransport, pattern: string): AsyncGenerator<string> {
  const connection = transport.connection?.()
  try {
    yield* transport.scan?.(pattern) ?? []
  } catch (error) {
    throw toBackendError(error, transport, [], connection)
  }
}
