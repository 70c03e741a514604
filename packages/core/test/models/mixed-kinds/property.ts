import * as fc from 'fast-check'
import { type Command, histories } from './history.js'

export interface Runs {
  readonly runs: number
  /** The seed and the path of a failure, as printed with it: they replay the failure. */
  readonly seed?: number
  readonly path?: string
  /** The time after which the shortest counterexample so far is good enough. */
  readonly limitMs?: number
}

/** Draws histories. Rejects with the shortest history that `run` rejects, and with the way to replay it. */
export async function everyHistory(run: (history: readonly Command[]) => Promise<void>, runs: Runs): Promise<void> {
  await fc.assert(fc.asyncProperty(histories, run), parametersOf(runs))
}

/** Draws histories, and answers whether `run` rejects one of them. */
export async function someHistoryFails(
  run: (history: readonly Command[]) => Promise<void>,
  runs: Runs,
): Promise<boolean> {
  const { failed } = await fc.check(fc.asyncProperty(histories, run), { ...parametersOf(runs), endOnFailure: true })
  return failed
}

function parametersOf({ runs, seed, path, limitMs }: Runs): fc.Parameters<[readonly Command[]]> {
  return {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
    ...(limitMs !== undefined && { interruptAfterTimeLimit: limitMs }),
  }
}
