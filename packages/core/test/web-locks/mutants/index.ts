import { argumentMutants } from './arguments.js'
import { endMutants } from './ends.js'
import type { Mutant } from './mutant.js'
import { nameMutants } from './names.js'
import { queryMutants } from './query.js'
import { queueMutants } from './queue.js'
import { stealMutants } from './steal.js'

export type { Mutant } from './mutant.js'

export const mutants: readonly Mutant[] = [
  ...argumentMutants,
  ...nameMutants,
  ...queueMutants,
  ...endMutants,
  ...stealMutants,
  ...queryMutants,
]
