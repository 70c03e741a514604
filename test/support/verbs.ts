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

/** Which commands do which verb, for the matchers of a fault proxy. */
export const isAcquire: (command: Command) => boolean = runs(scripts.acquire)
export const isAcquireShared: (command: Command) => boolean = runs(scripts.acquireShared)
export const isExtend: (command: Command) => boolean = runs(scripts.extend)
/** An extend that reserves fences, so that a lease can be handed on. */
export const isReserve: (command: Command) => boolean = runs(scripts.extendFenced)
export const isRelease: (command: Command) => boolean = runs(scripts.release)
export const isAny = ({ name }: Command): boolean => name === 'EVALSHA' || name === 'EVAL'

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
