import type { Command } from '@holdfast/testkit/faults'
import type { RawClient } from '@holdfast/testkit/redis'
import * as scripts from '../../packages/core/dist/redis/scripts.generated.js'

interface Script {
  readonly source: string
  readonly sha1: string
}

const runs =
  ({ sha1, source }: Script) =>
  ({ name, args: [script] }: Command): boolean =>
    (name === 'EVALSHA' || name === 'EVAL') && (script === sha1 || script === source)

interface Wish {
  readonly owner: string
  readonly takes: boolean
}

const isUncontended = runs(scripts.uncontended)

/** The requests of a command to the script for names without contention. */
function wishesIn(command: Command): readonly Wish[] {
  if (!isUncontended(command)) return []
  const [, count, ...words] = command.args
  const pairs = words.slice(Number(count) + 1)
  return pairs.flatMap((owner, i) => (i % 2 === 0 ? [{ owner, takes: pairs[i + 1] !== '' }] : []))
}

/** The commands that execute each verb, for the matchers of a fault proxy. */
export const isAcquire = (command: Command): boolean =>
  runs(scripts.acquire)(command) || wishesIn(command).some(({ takes }) => takes)
export const isAcquireShared: (command: Command) => boolean = runs(scripts.acquireShared)
export const isExtend: (command: Command) => boolean = runs(scripts.extend)
/** An extend that reserves fences, so that a lease can be handed on. */
export const isReserve: (command: Command) => boolean = runs(scripts.extendFenced)
export const isRelease = (command: Command): boolean =>
  runs(scripts.release)(command) || wishesIn(command).some(({ takes }) => !takes)
export const isAny = ({ name }: Command): boolean => name === 'EVALSHA' || name === 'EVAL'

/** The owners that ask for a name by this command. */
export function ownersIn(command: Command): readonly string[] {
  if (runs(scripts.acquire)(command)) return [command.args[6] ?? '']
  return wishesIn(command).map(({ owner }) => owner)
}

/** Makes the scripts known to a server, so that each verb is one command from the first call on. */
export async function loadScripts(raw: RawClient): Promise<void> {
  for (const { source } of Object.values(scripts)) await raw.command('SCRIPT', 'LOAD', source)
}

/** How many scripts the server ran so far. */
export async function scriptRuns(raw: RawClient): Promise<number> {
  const stats = String(await raw.command('INFO', 'commandstats'))
  return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

/** Every command that a script sends. */
export const commandsInScripts: readonly string[] = [
  ...new Set(
    Object.values(scripts).flatMap(({ source }) =>
      [...source.matchAll(/call\('([A-Z]+)'/g)].map(([, command = '']) => command.toLowerCase()),
    ),
  ),
]
