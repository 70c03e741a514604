import * as fc from 'fast-check'

/** A call of a client. Names, signals and requests have numbers, counted among those that exist at that time. */
export type Action =
  | {
      readonly do: 'ask'
      readonly client: number
      readonly name: number
      readonly how: 'waiting' | 'abortable' | 'ifAvailable' | 'steal'
      readonly mode: LockMode
      /** The signal of an `abortable` request. Several requests may have the same signal. */
      readonly signal: number
    }
  | { readonly do: 'abort'; readonly signal: number }
  | { readonly do: 'release' | 'fail'; readonly which: number }

/** An action that takes effect before the next step, or several actions of one client in one tick. */
export type Step = Action | { readonly do: 'tick'; readonly client: number; readonly actions: readonly Action[] }

export interface History {
  readonly clients: number
  readonly names: readonly string[]
  readonly steps: readonly Step[]
}

/** The number of signals that have not aborted. */
export const SIGNALS = 3

const LENGTH = 30
const TICK_LENGTH = 6

const which = fc.nat(1_000)
const client = fc.nat(2)
const signal = fc.nat(SIGNALS - 1)
/** Mostly the same name, so that requests meet. */
const name = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) })

const ask: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('ask' as const),
  client,
  name,
  how: fc.oneof(
    { weight: 4, arbitrary: fc.constant('waiting' as const) },
    { weight: 4, arbitrary: fc.constant('abortable' as const) },
    { weight: 2, arbitrary: fc.constant('ifAvailable' as const) },
    { weight: 1, arbitrary: fc.constant('steal' as const) },
  ),
  mode: fc.constantFrom<LockMode>('exclusive', 'shared', 'shared'),
  signal,
})

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: ask },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), signal }) },
)

const tick: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('tick' as const),
  client,
  actions: fc.array(action, { minLength: 2, maxLength: TICK_LENGTH, size: 'max' }),
})

const unit = fc.oneof(
  fc.constantFrom('x', '\u00E9', '\u{1F512}', '\uD800', '%', '\0'),
  fc.nat(0xff_ff).map((code) => String.fromCharCode(code)),
)
/** The bytes of a name in UTF-8 with escapes, about. Long names are kept in another form from about 1,000 on. */
const length = fc.constantFrom(0, 1, 999, 1_000, 1_001, 5_000)
const start = fc.oneof(
  fc.tuple(unit, length, fc.constantFrom(1, 2, 4, 5)).map(([of, bytes, each]) => of.repeat(bytes / each)),
  fc.string({ unit, maxLength: 20 }),
)
const ends = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom('', 'x', '\uD800', '\uFFFD', '%', '%D800', '%0025', '%#'),
    fc.string({ unit, maxLength: 3 }),
  ),
  { minLength: 2, maxLength: 3 },
)

/** Names that begin alike, of any length, well-formed or not. */
export const names: fc.Arbitrary<readonly string[]> = fc
  .tuple(start, ends)
  .map(([begin, all]) => all.map((end) => `${begin}${end}`))

/** Histories of two or three clients on two or three names. */
export const histories: fc.Arbitrary<History> = fc.record({
  clients: fc.integer({ min: 2, max: 3 }),
  names,
  steps: fc.array(fc.oneof({ weight: 3, arbitrary: action }, { weight: 1, arbitrary: tick }), {
    minLength: 1,
    maxLength: LENGTH,
    size: 'max',
  }),
})
