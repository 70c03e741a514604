import { argumentMutants } from './arguments.js'
import type { Mutant } from './mutant.js'
import { callbackMutants } from './callbacks.js'
import { nameMutants } from './names.js'
import { queryMutants } from './query.js'
import { queueMutants } from './queue.js'
import { releaseMutants } from './releases.js'
import { signalMutants } from './signals.js'
import { stealMutants } from './steal.js'

export type { Mutant } from './mutant.js'

export const mutants: readonly Mutant[] = [
  ...argumentMutants,
  ...nameMutants,
  ...queueMutants,
  ...callbackMutants,
  ...releaseMutants,
  ...signalMutants,
  ...stealMutants,
  ...queryMutants,
]
