import type { Redis } from 'ioredis'

/** How often the server has executed each command, those called in scripts included. */
export type CommandCounts = ReadonlyMap<string, number>

export async function commandCounts(client: Redis): Promise<CommandCounts> {
  const text = await client.info('commandstats')
  return new Map(
    [...text.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].map(([, name = '', calls]) => [name, Number(calls)]),
  )
}

/** How many of these commands were executed between two counts. */
export function executedOf(commands: readonly string[], before: CommandCounts, after: CommandCounts): number {
  return commands.reduce((sum, each) => sum + (after.get(each) ?? 0) - (before.get(each) ?? 0), 0)
}
