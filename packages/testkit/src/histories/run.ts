import { BrokenPromise } from '../suite/expect.js'
import { random } from '../suite/random.js'
import type { World } from '../suite/world.js'
import { generate } from './generate.js'
import { judge } from './judge.js'
import type { Terms } from './moment.js'
import { unheardOf } from './notifications.js'
import type { Operation } from './operation.js'
import type { Plan, Profile } from './plan.js'
import { play, type Stage } from './play.js'
import type { Unexplained } from './explain.js'
import { rules } from '../suite/rules.js'
import { shrink } from './shrink.js'
import { answered, timeline, written } from './timeline.js'

/** The settings of a case for its histories; the rest follows from the pace of the backend. */
export interface HistoryOptions extends Partial<Pick<Profile, 'shared' | 'fences' | 'line' | 'list' | 'length'>> {
  /** Makes the two names of a history from a unique text. Default: two names that differ at the end. */
  readonly nameOf?: (unique: string, index: number) => string
  /** Makes an owner from a unique text. Default: as the locker makes owners. */
  readonly ownerOf?: (unique: string, index: number) => string
  /** How many histories in virtual time, and in real time. */
  readonly exactly?: number
  readonly really?: number
}

const OWNERS = 4
/** The units of virtual time: leases of milliseconds, and of minutes. A number that stands twice is drawn twice as often. */
const UNITS = [1, 1, 1, 70, 9_000]
/** How many histories are played at once in real time. */
const LANES = 3

/** Plays random histories and throws for the first that the model does not explain, made as short as possible. */
export async function playHistories(world: World, options: HistoryOptions = {}): Promise<void> {
  const { exactly = 30, really = 1 } = options
  const profile = await profileFor(world, options)
  const seeds = Array.from({ length: Math.ceil((world.exact ? exactly : really) * world.effort) }, () =>
    world.random(2 ** 32),
  )
  if (world.exact) {
    for (const seed of seeds) await playOne(world, options, { profile, seed })
    return
  }
  const queue = seeds.values()
  const lane = async (): Promise<void> => {
    for (const seed of queue) await playOne(world, options, { profile, seed })
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

async function profileFor(world: World, options: HistoryOptions): Promise<Profile> {
  const { shared = false, fences = false, line = false, list = false, length = 26 } = options
  const paceMs = world.exact ? 0 : await paceOf(world)
  const unit = Math.max(1, Math.ceil(paceMs / 8))
  const times = world.exact
    ? { unit: 1, edgeMs: 1, longestMs: Infinity }
    : { unit, edgeMs: 45 + Math.ceil(2 * paceMs), longestMs: 300 * unit }
  return { shared, fences, line, list, length, names: 2, owners: OWNERS, ...times }
}

/** How long a call takes. */
async function paceOf({ a, b, name, now }: World): Promise<number> {
  const durations: number[] = []
  for (const backend of [a, b, a, b, a]) {
    const begun = now()
    await backend.inspect(name)
    durations.push(now() - begun)
  }
  return durations.toSorted((x, y) => x - y)[2] ?? 0
}

interface Seeded {
  readonly profile: Profile
  readonly seed: number
}

async function playOne(world: World, options: HistoryOptions, { profile, seed }: Seeded): Promise<void> {
  const numbers = random(seed)
  const unit = world.exact ? (UNITS[numbers(UNITS.length)] ?? 1) : profile.unit
  const plan = generate({ ...profile, unit }, numbers)
  // Looks change what a store has to do by itself, so that other mistakes show without them.
  const looking = world.a.capabilities.watch && numbers(2) === 0
  const attempt = (each: Plan): Promise<Played> => played(each, world, options, looking)
  const first = await attempt(plan)
  if (first.unexplained === null) return
  let shortest = { ...first, unexplained: first.unexplained }
  const stillFails = async (shorter: Plan): Promise<boolean> => {
    const again = await attempt(shorter).catch(() => null)
    if (again === null || again.unexplained === null) return false
    shortest = { ...again, unexplained: again.unexplained }
    return true
  }
  await shrink(plan, stillFails, world.exact ? 400 : 12)
  throw new BrokenPromise(describe(shortest.operations, shortest.unexplained, first.operations.length), {
    rule: shortest.unexplained.problem.rule,
  })
}

interface Played {
  readonly operations: readonly Operation[]
  readonly unexplained: Unexplained | null
}

async function played(plan: Plan, world: World, options: HistoryOptions, looking: boolean): Promise<Played> {
  const looked = await play(plan, stageFor(world, options, looking))
  const { operations } = looked
  return { operations, unexplained: judge(operations, termsOf(world)) ?? unheardOf(looked) }
}

let stages = 0

function stageFor(world: World, { nameOf, ownerOf, line = false }: HistoryOptions, looking: boolean): Stage {
  const unique = `/${++stages}`
  const names = [0, 1].map((index) => world.named(nameOf?.(unique, index) ?? `${unique}/${index}`))
  const ownerBase = world.owner()
  const owners = Array.from({ length: OWNERS }, (_, index) => ownerOf?.(ownerBase, index) ?? world.owner())
  const watching = (line || looking) && world.a.capabilities.watch
  return { world, names, owners, watching, looking }
}

function termsOf({ a, exact }: World): Terms {
  const { fencing, line } = a.capabilities
  return { fencing, line, precision: exact ? { earlyMs: 0, lateMs: 0 } : { earlyMs: 5, lateMs: 30 } }
}

function describe(operations: readonly Operation[], { operation, problem }: Unexplained, length: number): string {
  const plain = (owner: string): string => (owner.length > 24 ? `${owner.slice(0, 20)}…` : owner)
  return [
    rules[problem.rule],
    `  asked:    ${'ab'[operation.handle]}: ${written(operation.call, plain)}`,
    `  expected: ${problem.expected}`,
    `  seen:     ${answered(operation.answer, plain)}`,
    `  the calls (${operations.length} left of ${length}; time, handle, | beside others, call → answer):`,
    ...timeline(operations, operation).map((line) => `  ${line}`),
  ].join('\n')
}
