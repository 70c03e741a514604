import type { Locker } from '@holdfast/core'
import { EXIT } from '../exit-codes.js'
import { groupByName, type NameState } from './group.js'
import { print } from '../print.js'
import { tableOf } from './table.js'

/** Prints all names once. Answers the exit code. */
export async function list(locks: Locker, json: boolean): Promise<number> {
  const names = groupByName(await locks.query())
  await print(json ? [JSON.stringify(names)] : linesOf(names))
  return EXIT.ok
}

/** The table, or a line that says that it is empty. */
export function linesOf(names: readonly NameState[]): string[] {
  return names.length === 0 ? ['No name is held.'] : tableOf(names)
}
