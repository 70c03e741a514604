import * as fc from 'fast-check'

/**
 * A command to one name. Time is counted in ticks, and each duration ends half-way between two ticks: `ttl: 3` is two
 * ticks and a half. So a model knows for certain which leases have ended at a tick, on a real server as well.
 */
export type Command =
  | {
      readonly do: 'acquire'
      /** A slot for an owner. When the owner dies, a new owner gets the slot. */
      readonly who: number
      readonly kind: Kind
      readonly ttl: number
      /** How long the claim keeps a place in line. */
      readonly line?: number
      readonly fences?: number
      readonly steal?: true
    }
  | {
      readonly do: 'extend'
      readonly who: number
      readonly ttl: number
      readonly fences?: number
      /** Whether the extension turns a writer into a reader. */
      readonly share?: true
    }
  | { readonly do: 'release'; readonly who: number; readonly keep?: number }
  /** The owner sends no more commands. A new owner gets its slot. */
  | { readonly do: 'die'; readonly who: number }
  | { readonly do: 'evict' }
  /** A client without this library takes the name if it is free, with a ttl or for ever. */
  | { readonly do: 'plant'; readonly ttl?: number }
  /** The same client deletes its value. */
  | { readonly do: 'remove' }
  | { readonly do: 'wait'; readonly ticks: number }

/** Exclusive, or shared with a limit. */
export type Kind = 'exclusive' | number

const SLOTS = 5

const who = fc.nat(SLOTS - 1)
const ttl = fc.integer({ min: 1, max: 6 })
/** Shrinks to `undefined`. */
const sometimes = <T>(percent: number, some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 100 - percent, arbitrary: fc.constant(undefined) }, { weight: percent, arbitrary: some })
const fences = sometimes(40, fc.integer({ min: 1, max: 4 }))
const kind = fc.oneof(fc.constant<Kind>('exclusive'), fc.constant<Kind>(Infinity), fc.integer({ min: 1, max: 3 }))

const acquire = fc.record({
  do: fc.constant('acquire' as const),
  who,
  kind,
  ttl,
  line: sometimes(75, ttl),
  fences,
  steal: sometimes(5, fc.constant<true>(true)),
})
const extend = fc.record({
  do: fc.constant('extend' as const),
  who,
  ttl,
  fences,
  share: sometimes(40, fc.constant<true>(true)),
})
const release = fc.record({ do: fc.constant('release' as const), who, keep: sometimes(20, ttl) })
const die = fc.record({ do: fc.constant('die' as const), who })
const plant = fc.record({ do: fc.constant('plant' as const), ttl: sometimes(50, ttl) })
const wait = fc.record({ do: fc.constant('wait' as const), ticks: fc.integer({ min: 1, max: 3 }) })

const command: fc.Arbitrary<Command> = fc
  .oneof(
    { weight: 12, arbitrary: acquire },
    { weight: 3, arbitrary: extend },
    { weight: 5, arbitrary: release },
    { weight: 1, arbitrary: die },
    { weight: 1, arbitrary: fc.constant({ do: 'evict' as const }) },
    { weight: 1, arbitrary: plant },
    { weight: 1, arbitrary: fc.constant({ do: 'remove' as const }) },
    { weight: 4, arbitrary: wait },
  )
  .map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as Command)

/** Any history of one name. */
export const histories: fc.Arbitrary<readonly Command[]> = fc.array(command, {
  minLength: 1,
  maxLength: 40,
  size: 'max',
})
