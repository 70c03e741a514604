import type { Redis } from 'ioredis'

/** How often the server has executed each command, those called in scripts included, and for how long in all. */
export type CommandCounts = ReadonlyMap<string, Executed>

interface Executed {
  readonly calls: number
  readonly us: number
}

export async function commandCounts(client: Redis): Promise<CommandCounts> {
  const text = await client.info('commandstats')
  return new Map(
    [...text.matchAll(/^cmdstat_(\S+):calls=(\d+),usec=(\d+)/gm)].map(([, name = '', calls, us]) => [
      name,
      { calls: Number(calls), us: Number(us) },
    ]),
  )
}

/** How many of these commands were executed between two counts. */
export function executedOf(commands: readonly string[], before: CommandCounts, after: CommandCounts): number {
  return difference('calls', commands, [before, after])
}

/** How many microseconds the server spent on these commands between two counts. */
export function serverTimeOf(commands: readonly string[], before: CommandCounts, after: CommandCounts): number {
  return difference('us', commands, [before, after])
}

function difference(
  key: keyof Executed,
  commands: readonly string[],
  [before, after]: readonly [CommandCounts, CommandCounts],
): number {
  return commands.reduce((sum, each) => sum + (after.get(each)?.[key] ?? 0) - (before.get(each)?.[key] ?? 0), 0)
}
