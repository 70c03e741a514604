import type { CallOptions, Inspection } from '../backend.js'
import { isBackendError } from '../errors/errors.js'
import { toBackendError } from './failure.js'
import type { HoldBack } from './hold-back.js'
import { inspectCommand } from './inspection.js'
import { keysOf, nameOfKey } from './keys.js'
import { escapeGlob, scanKeys } from './scan.js'
import type { RunScript } from './script.js'
import type { RedisTransport } from './transport.js'

/** How many names are looked at together. */
const TOGETHER = 16

/** Where to look, and how to look at each name. */
export interface Listing {
  readonly transport: RedisTransport
  readonly connected: HoldBack['connected']
  readonly runScript: RunScript
  readonly prefix: string
}

/**
 * The `list` of a Redis backend. Names are found by three scans: of the lines, for a lease may have ended with a line
 * behind it, of the locks, and of the lines once more. A name goes from the line to the lock when it is granted, and from
 * the lock to the line when the lease ends: either may happen between two scans, or during one. Each name is then looked
 * at by itself.
 */
export async function* list(listing: Listing, call: CallOptions = {}): AsyncGenerator<Inspection> {
  let batch: string[] = []
  for await (const name of namesIn(listing, call)) {
    call.signal?.throwIfAborted()
    if (batch.push(name) < TOGETHER) continue
    const seen = await lookAt(listing, batch)
    call.progress?.()
    yield* seen
    batch = []
  }
  yield* await lookAt(listing, batch)
}

/** Each name that may be held or waited for, once. */
async function* namesIn({ transport, connected, prefix }: Listing, call: CallOptions): AsyncGenerator<string> {
  const lines = '*}:l*'
  const locks = `${escapeGlob(prefix)}*`
  const onPage = (): void => {
    call.signal?.throwIfAborted()
    call.progress?.()
  }
  const seen = new Set<string>()
  try {
    await connected()
    const nodes = (await transport.scanNodes?.()) ?? []
    for (const pattern of [lines, locks, lines]) {
      for await (const key of scanKeys(nodes, pattern, onPage)) {
        const name = nameOfKey(prefix, key)
        if (name === undefined || seen.has(name)) continue
        seen.add(name)
        yield name
      }
    }
  } catch (error) {
    call.signal?.throwIfAborted()
    throw toBackendError(error, { transport })
  }
}

async function lookAt({ runScript, prefix }: Listing, names: readonly string[]): Promise<readonly Inspection[]> {
  const seen = names.map(async (name) => {
    try {
      const found = await runScript(inspectCommand, keysOf(prefix, name), { line: true })
      return found && { name, ...found }
    } catch (error) {
      // Not a lock.
      if (isBackendError(error) && /\bWRONGTYPE\b/.test(error.message)) return null
      throw error
    }
  })
  return (await Promise.all(seen)).filter((each) => each !== null)
}
