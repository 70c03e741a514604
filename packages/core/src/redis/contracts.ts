import { acquire, evict, extend, extendFenced, inspect, release } from './scripts.generated.js'
import { type LuaScript, runScript } from './script.js'
import type { RedisTransport } from './transport.js'

/** The only callers of the scripts: what each takes, and what its reply means. */

/** The keys of one name. */
export interface NameKeys {
  readonly lock: string
  readonly fence: string
  readonly line: string
  readonly places: string
}

export interface AcquireArgs {
  readonly owner: string
  readonly ttlMs: number
  /** How many fences to reserve; 0 keeps none. */
  readonly fences: number
  /** How long to keep a place in line; 0 keeps none. */
  readonly lineMs: number
  /** What to publish, and where, when the place is granted. */
  readonly turn: string
  readonly inbox: string
  /** Take the name from whoever holds it. */
  readonly steal: boolean
}

export type AcquireReply =
  | { readonly acquired: true; readonly fence: number | null }
  | { readonly acquired: false; readonly leftMs: number | null; readonly ahead: number | null }

export async function runAcquire(transport: RedisTransport, keys: NameKeys, args: AcquireArgs): Promise<AcquireReply> {
  const { owner, ttlMs, fences, lineMs, turn, inbox, steal } = args
  const reply = await run(transport, acquire, allKeys(keys), [
    owner,
    `${ttlMs}`,
    `${fences}`,
    `${lineMs}`,
    turn,
    inbox,
    ...(steal ? ['1'] : []),
  ])
  const text = textOf(reply)
  if (text.startsWith('a')) return { acquired: true, fence: numberOrNull(text.slice(1)) }
  const [left, ahead] = expectLetter(text, 'b').split(':')
  return { acquired: false, leftMs: numberOrNull(left), ahead: numberOrNull(ahead) }
}

export async function runRelease(
  transport: RedisTransport,
  keys: NameKeys,
  owner: string,
  keepMs: number,
): Promise<boolean> {
  const text = textOf(await run(transport, release, allKeys(keys), [owner, `${keepMs}`]))
  if (text === 'n') return false
  expectLetter(text, 'r')
  return true
}

export interface ExtendArgs {
  readonly lock: string
  readonly owner: string
  readonly ttlMs: number
}

/** `'x'`: the key holds something else than a string. */
export type ExtendReply = 'extended' | 'lost' | 'x'

export async function runExtend(
  transport: RedisTransport,
  claims: readonly ExtendArgs[],
): Promise<readonly ExtendReply[]> {
  const keys = claims.map(({ lock }) => lock)
  const args = claims.flatMap(({ owner, ttlMs }) => [owner, `${ttlMs}`])
  const text = textOf(await run(transport, extend, keys, args))
  if (text.length !== claims.length)
    throw new Error(`the script answered ${text.length} outcomes for ${claims.length} claims`)
  return Array.from(text, (letter) => (letter === 'e' ? 'extended' : letter === 'x' ? 'x' : 'lost'))
}

/** The first of the fences reserved, or `'lost'`. */
export async function runExtendFenced(
  transport: RedisTransport,
  { lock, fence }: NameKeys,
  { owner, ttlMs }: ExtendArgs,
  fences: number,
): Promise<number | 'lost'> {
  const text = textOf(await run(transport, extendFenced, [lock, fence], [owner, `${ttlMs}`, `${fences}`]))
  return text === 'l' ? 'lost' : Number(expectLetter(text, 'e'))
}

export interface InspectReply {
  readonly value: string
  readonly leftMs: number | null
  readonly fence: number | null
  readonly waiting: number
}

export async function runInspect(
  transport: RedisTransport,
  { lock, fence, line }: NameKeys,
): Promise<InspectReply | null> {
  const reply = await run(transport, inspect, [lock, fence, line], [])
  if (!Array.isArray(reply)) {
    expectLetter(textOf(reply), 'n')
    return null
  }
  const [value = '', left, held, waiting] = reply.map((field) => textOf(field).slice(1))
  return { value, leftMs: numberOrNull(left), fence: numberOrNull(held), waiting: Number(waiting) }
}

export async function runEvict(transport: RedisTransport, keys: NameKeys): Promise<boolean> {
  return textOf(await run(transport, evict, allKeys(keys), [])) === 'e'
}

const run = (transport: RedisTransport, script: LuaScript, keys: string[], args: string[]): Promise<unknown> =>
  runScript(transport, script, keys, args)

const allKeys = ({ lock, fence, line, places }: NameKeys): string[] => [lock, fence, line, places]

/** A client may be set to answer with buffers: they print as the text they hold. */
const textOf = (reply: unknown): string => (typeof reply === 'string' ? reply : String(reply))

const numberOrNull = (text: string | undefined): number | null =>
  text === undefined || text === '' ? null : Number(text)

function expectLetter(text: string, letter: string): string {
  if (text.startsWith(letter)) return text.slice(1)
  throw new Error(
    `the script answered something that this version does not understand, beginning with ${JSON.stringify(text.slice(0, 8))}`,
  )
}
