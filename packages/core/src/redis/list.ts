import type { CallOptions, Inspection } from '../backend.js'
import { isBackendError } from '../errors/errors.js'
import { inspectScript } from './contracts.js'
import { toBackendError } from './failure.js'
import { keysOf, nameOf } from './keys.js'
import { run } from './script.js'
import type { RedisTransport } from './transport.js'

/** How many names are looked at together. */
const TOGETHER = 16

/**
 * The `list` of a Redis backend. Names are found by three scans: of the lines, for a lease may have ended with a line
 * behind it, of the locks, and of the lines once more. A name goes from the line to the lock when it is granted, and from
 * the lock to the line when the lease ends: either may happen between two scans, or during one. Each name is then asked
 * about by itself.
 */
export async function* list(
  transport: RedisTransport,
  prefix: string,
  call: CallOptions = {},
): AsyncGenerator<Inspection> {
  let batch: string[] = []
  for await (const name of namesIn(transport, prefix, call)) {
    call.signal?.throwIfAborted()
    if (batch.push(name) < TOGETHER) continue
    const seen = await lookAt(transport, prefix, batch)
    call.progress?.()
    yield* seen
    batch = []
  }
  yield* await lookAt(transport, prefix, batch)
}

/** Each name that may be held or waited for, once. */
async function* namesIn(transport: RedisTransport, prefix: string, call: CallOptions): AsyncGenerator<string> {
  const lines = '*}:l*'
  const locks = `${prefix.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)}*`
  const onPage = (): void => {
    call.signal?.throwIfAborted()
    call.progress?.()
  }
  const connection = transport.connection?.()
  const seen = new Set<string>()
  try {
    for (const pattern of [lines, locks, lines]) {
      for await (const key of transport.scan?.(pattern, onPage) ?? []) {
        const name = nameOf(prefix, key)
        if (name === undefined || seen.has(name)) continue
        seen.add(name)
        yield name
      }
    }
  } catch (error) {
    call.signal?.throwIfAborted()
    throw toBackendError(error, transport, [], connection)
  }
}

async function lookAt(
  transport: RedisTransport,
  prefix: string,
  names: readonly string[],
): Promise<readonly Inspection[]> {
  const seen = names.map(async (name) => {
    try {
      const found = await run(transport, inspectScript, keysOf(prefix, name), { line: true }, [])
      return found && { name, ...found }
    } catch (error) {
      // None of ours.
      if (isBackendError(error) && /\bWRONGTYPE\b/.test(error.message)) return null
      throw error
    }
  })
  return (await Promise.all(seen)).filter((one) => one !== null)
}
