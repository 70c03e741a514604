/** The arguments of `request()`, converted. */
export interface RequestArguments {
  readonly name: string
  readonly options: RequestedOptions
  readonly callback: LockGrantedCallback<unknown>
}

export interface RequestedOptions {
  readonly ifAvailable: boolean
  readonly mode: LockMode
  readonly signal: AbortSignal | undefined
  readonly steal: boolean
}

/**
 * Web IDL's overload resolution and conversions, from left to right:
 * `request(DOMString name, LockGrantedCallback callback)` and
 * `request(DOMString name, LockOptions options, LockGrantedCallback callback)`.
 */
export function convertArguments(args: readonly unknown[]): RequestArguments {
  if (args.length < 2) throw new TypeError(`request needs at least 2 arguments, got ${args.length}`)
  const name = toDOMString(args[0])
  const options = toLockOptions(args.length > 2 ? args[1] : undefined)
  const callback = args.length > 2 ? args[2] : args[1]
  if (typeof callback !== 'function') throw new TypeError('the callback is not callable')
  return { name, options, callback: callback as LockGrantedCallback<unknown> }
}

/** ToString of ECMAScript, which refuses symbols. `String()` would not. */
function toDOMString(value: unknown): string {
  return ''.concat(value as string)
}

/** The members are read in the order of their names. Each is read once, and converted before the next is read. */
function toLockOptions(value: unknown): RequestedOptions {
  const isObject = typeof value === 'object' || typeof value === 'function'
  if (value !== undefined && !isObject) throw new TypeError('the options are not an object')
  const dictionary = (value ?? {}) as Readonly<Record<string, unknown>>
  const ifAvailable = Boolean(dictionary['ifAvailable'])
  const mode = toLockMode(dictionary['mode'])
  const signal = toSignal(dictionary['signal'])
  const steal = Boolean(dictionary['steal'])
  return { ifAvailable, mode, signal, steal }
}

function toLockMode(value: unknown): LockMode {
  if (value === undefined) return 'exclusive'
  const mode = toDOMString(value)
  if (mode !== 'exclusive' && mode !== 'shared') throw new TypeError(`${JSON.stringify(mode)} is not a lock mode`)
  return mode
}

function toSignal(value: unknown): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) throw new TypeError('the signal is not an AbortSignal')
  return value
}
