import type { Locker } from '@holdfast/core'
import { EXIT } from './exit-codes.js'
import { print } from './print.js'
import { plain } from './show/words.js'

/** Frees a name, whoever holds it, and says whether it was held. Answers the exit code. */
export async function release(locks: Locker, name: string): Promise<number> {
  const wasHeld = await locks.forceRelease(name)
  await print([wasHeld ? `${plain(name)} was released` : `${plain(name)} was not held`])
  return wasHeld ? EXIT.ok : EXIT.notHeld
}
