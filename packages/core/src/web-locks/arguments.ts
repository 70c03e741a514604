import { describeValue } from '../errors/messages.js'
import { isAbortSignal } from '../options/validation.js'
import type { LockMode } from '../backend.js'

/** The arguments of one call of `request`, converted and checked. */
export interface LockRequest {
  readonly name: string
  readonly mode: LockMode
  readonly ifAvailable: boolean
  readonly steal: boolean
  readonly signal: AbortSignal | undefined
  readonly callback: (lock: unknown) => unknown
}

/**
 * Converts the arguments of `request(name, callback)` and `request(name, options, callback)` as Web IDL does, and checks
 * them in the order of the specification.
 * @throws TypeError; `NotSupportedError`
 */
export function parseRequest(args: readonly unknown[]): LockRequest {
  if (args.length < 2) throw new TypeError(`request needs a name and a callback, got ${args.length} arguments`)
  const [first] = args
  const name = toText(first)
  const options = readOptions(args.length === 2 ? {} : args[1])
  const callback = args.length === 2 ? args[1] : args[2]
  if (typeof callback !== 'function')
    throw new TypeError(`the callback must be a function, got ${describeValue(callback)}`)
  const request = { name, ...options, callback: callback as LockRequest['callback'] }
  checkCombination(request)
  return request
}

/** The conversion of Web IDL to a string. It refuses a symbol, which `String()` does not. */
const toText = (value: unknown): string => ''.concat(value as string)

type Options = Pick<LockRequest, 'mode' | 'ifAvailable' | 'steal' | 'signal'>

function readOptions(options: unknown = {}): Options {
  if (options !== null && typeof options !== 'object' && typeof options !== 'function')
    throw new TypeError(`options must be an object, got ${describeValue(options)}`)
  const members = (options ?? {}) as Readonly<Record<string, unknown>>
  // Web IDL reads the members in the order of their names, and converts each before it reads the next.
  const ifAvailable = Boolean(members['ifAvailable'])
  const mode = modeOf(members['mode'])
  const signal = members['signal']
  if (signal !== undefined && !isAbortSignal(signal))
    throw new TypeError(`signal must be an AbortSignal, got ${describeValue(signal)}`)
  return { ifAvailable, mode, signal, steal: Boolean(members['steal']) }
}

function modeOf(mode: unknown = 'exclusive'): LockMode {
  const text = toText(mode)
  if (text === 'exclusive' || text === 'shared') return text
  throw new TypeError(`mode must be 'exclusive' or 'shared', got ${describeValue(mode)}`)
}

/** The first refusal that applies is thrown, in the order of the specification. */
function checkCombination({ name, mode, ifAvailable, steal, signal }: LockRequest): void {
  const refusals = [
    [name.startsWith('-'), "a name must not begin with '-'"],
    [steal && ifAvailable, 'steal and ifAvailable exclude each other'],
    [steal && mode !== 'exclusive', "steal needs mode: 'exclusive'"],
    [signal !== undefined && (steal || ifAvailable), 'a signal ends a wait, and neither steal nor ifAvailable waits'],
  ] as const
  for (const [applies, why] of refusals) if (applies) throw new DOMException(why, 'NotSupportedError')
}
