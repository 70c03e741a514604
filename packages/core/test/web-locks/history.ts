import * as fc from 'fast-check'

/** What one client does next. Which request is meant is told by a number, of those that there are by then. */
export type Step =
  | {
      readonly do: 'ask'
      readonly client: number
      readonly name: number
      readonly how: 'waiting' | 'abortable' | 'ifAvailable' | 'steal'
      readonly mode: LockMode
    }
  | { readonly do: 'abort'; readonly which: number }
  | { readonly do: 'release' | 'fail'; readonly which: number }

export interface History {
  readonly clients: number
  readonly names: number
  readonly steps: readonly Step[]
}

const LENGTH = 40

const which = fc.nat(1_000)
const client = fc.nat(2)
/** Mostly the same one: only there do they meet. */
const name = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) })

const ask: fc.Arbitrary<Step> = fc.record({
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
})

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: ask },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), which }) },
)

/** Histories of two or three clients on two or three names. */
export const histories: fc.Arbitrary<History> = fc.record({
  clients: fc.integer({ min: 2, max: 3 }),
  names: fc.integer({ min: 2, max: 3 }),
  steps: fc.array(step, { minLength: 1, maxLength: LENGTH, size: 'max' }),
})
