import type { RequestArguments } from '../spec-arguments.js'
import { type Client, Origin } from '../spec-model.js'
import { type Mutant, mutant } from './mutant.js'

/** A model that does not check the arguments for which `isPassed` is true. */
const unchecked = (name: string, isPassed: (args: RequestArguments) => boolean): Mutant =>
  mutant(
    name,
    class extends Origin {
      override check(args: RequestArguments): void {
        if (!isPassed(args)) super.check(args)
      }
    },
  )

/** A model that takes different names for the same name. */
const sameName = (name: string, fold: (name: string) => string): Mutant =>
  mutant(
    name,
    class extends Origin {
      override convert(args: readonly unknown[]): RequestArguments {
        const converted = super.convert(args)
        return { ...converted, name: fold(converted.name) }
      }
    },
  )

/** A model that changes the arguments before it converts them. */
const before = (name: string, change: (args: readonly unknown[]) => readonly unknown[]): Mutant =>
  mutant(
    name,
    class extends Origin {
      override convert(args: readonly unknown[]): RequestArguments {
        return super.convert(change(args))
      }
    },
  )

const withOptions = (args: readonly unknown[], change: (options: LockOptions) => object): readonly unknown[] =>
  typeof args[1] === 'object' && args[1] !== null ? [args[0], change(args[1]), ...args.slice(2)] : args

export const argumentMutants: readonly Mutant[] = [
  unchecked('allows names that begin with a hyphen', ({ name }) => name.startsWith('-')),
  unchecked('allows steal with ifAvailable', ({ options: { steal, ifAvailable } }) => steal && ifAvailable),
  unchecked('allows a shared steal', ({ options: { steal, mode } }) => steal && mode === 'shared'),
  unchecked('allows a signal with steal', ({ options: { steal, signal } }) => steal && signal !== undefined),
  unchecked('allows a signal with ifAvailable', ({ options }) => options.ifAvailable && options.signal !== undefined),
  unchecked(
    'does not look whether the signal has aborted already',
    ({ options: { signal } }) => signal?.aborted === true,
  ),
  sameName('takes all lone surrogates for one', (name) => name.toWellFormed()),
  sameName('cuts names at NUL', (name) => name.split('\0')[0] as string),
  sameName('normalizes names', (name) => name.normalize()),
  sameName('does not distinguish capitals', (name) => name.toLowerCase()),
  sameName('trims names', (name) => name.trim()),
  sameName('cuts long names', (name) => name.slice(0, 1_024)),
  sameName('decodes names that look encoded', (name) => {
    try {
      return decodeURIComponent(name)
    } catch {
      return name
    }
  }),
  before('refuses the empty name', (args) => {
    if (args[0] === '') throw new RangeError('the name is empty')
    return args
  }),
  before('refuses names that are not strings', (args) => {
    if (typeof args[0] !== 'string') throw new TypeError('the name is not a string')
    return args
  }),
  before('takes a symbol for a name', ([name, ...rest]) => [String(name), ...rest]),
  before('takes an unknown mode for exclusive', (args) =>
    withOptions(args, ({ mode, ...rest }) => (mode === 'shared' ? { ...rest, mode } : rest)),
  ),
  before('takes a signal that is none for none', (args) =>
    withOptions(args, ({ signal, ...rest }) => (signal instanceof AbortSignal ? { ...rest, signal } : rest)),
  ),
  before('ignores the options of another kind', (args) =>
    args.length > 2 && typeof args[1] !== 'object' ? [args[0], undefined, args[2]] : args,
  ),
  before('looks at the callback first', (args) => {
    if (typeof args.at(-1) !== 'function') throw new TypeError('no callback')
    return args
  }),
  before('reads options more than once', (args) => withOptions(args, (options) => (void { ...options }, options))),
  mutant(
    'throws instead of rejecting',
    class extends Origin {
      override request(client: Client, args: readonly unknown[]): Promise<unknown> {
        this.check(this.convert(args))
        return super.request(client, args)
      }
    },
  ),
  mutant(
    'checks before it converts',
    class extends Origin {
      override convert(args: readonly unknown[]): RequestArguments {
        if (String(args[0]).startsWith('-')) throw new DOMException('a hyphen', 'NotSupportedError')
        return super.convert(args)
      }
    },
  ),
  mutant(
    'looks at the signal before it refuses what is not supported',
    class extends Origin {
      override check(args: RequestArguments): void {
        if (args.options.signal?.aborted === true) throw args.options.signal.reason
        super.check(args)
      }
    },
  ),
]
