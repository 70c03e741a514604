import type { Locker, LockHolder } from '@holdfast/core'
import { EXIT } from '../exit-codes.js'
import { print } from '../print.js'
import { labelText, plain, spanText } from './words.js'

/** Prints who holds a name. Answers the exit code: whether it is held. */
export async function inspect(locks: Locker, name: string, json: boolean): Promise<number> {
  const info = await locks.inspect(name)
  const { mode = null, holders = [], waiting = 0 } = info ?? {}
  const held = holders.length > 0
  if (json) await print([JSON.stringify({ name, held, mode, holders, waiting })])
  else if (!held) await print([`${plain(name)} is not held`])
  else await print([`${plain(name)} is held (${mode}), ${waiting ?? 'unknown'} waiting`, ...holders.map(holderLine)])
  return held ? EXIT.ok : EXIT.notHeld
}

function holderLine({ label, remainingMs, fence }: LockHolder): string {
  const left = remainingMs === null ? spanText(null) : `${spanText(remainingMs)} left`
  return `  ${labelText(label)}, ${left}${fence === null ? '' : `, fence ${fence}`}`
}
