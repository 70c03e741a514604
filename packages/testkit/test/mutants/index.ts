import { abortedMutants } from './aborted.js'
import { batchMutants } from './batches.js'
import { besideMutants } from './beside.js'
import { capabilityMutants } from './capabilities.js'
import { confirmationMutants } from './confirmations.js'
import { combinedMutants } from './combined.js'
import { cutMutants } from './cuts.js'
import { exclusionMutants } from './exclusion.js'
import { expiryMutants } from './expiry.js'
import { faultMutants } from './faults.js'
import { firstCallMutants } from './first-calls.js'
import { fenceMutants } from './fences.js'
import { foreignMutants } from './foreign.js'
import { handleMutants } from './handles.js'
import { lastingMutants } from './lasting.js'
import { lineGrantMutants } from './line-grants.js'
import { lineMutants } from './line.js'
import { listLineMutants } from './listing-lines.js'
import { listManyMutants } from './listing-many.js'
import { listMutants } from './listing.js'
import { longestMutants } from './longest.js'
import { lossMutants } from './losses.js'
import { manyFenceMutants } from './many-fences.js'
import { manyMutants } from './many.js'
import { mixedBatchMutants } from './mixed-batches.js'
import { modeChangeMutants } from './mode-changes.js'
import type { Mutant } from './mutant.js'
import { nameMutants } from './names.js'
import { ownerMutants } from './owners.js'
import { raceMutants } from './races.js'
import { rememberingMutants } from './remembering.js'
import { sharedMutants } from './shared.js'
import { stealMutants } from './steal.js'
import { sweepMutants } from './sweeps.js'
import { togetherMutants } from './together.js'
import { verbMutants } from './verbs.js'
import { watchingAgainMutants } from './watching-again.js'
import { watchMutants } from './watching.js'

/** All wrong backends. Each breaks a promise that some users rely on. */
export const mutants: readonly Mutant[] = [
  ...capabilityMutants,
  ...exclusionMutants,
  ...rememberingMutants,
  ...ownerMutants,
  ...expiryMutants,
  ...cutMutants,
  ...combinedMutants,
  ...verbMutants,
  ...faultMutants,
  ...batchMutants,
  ...mixedBatchMutants,
  ...abortedMutants,
  ...fenceMutants,
  ...manyFenceMutants,
  ...nameMutants,
  ...besideMutants,
  ...foreignMutants,
  ...lineMutants,
  ...lineGrantMutants,
  ...confirmationMutants,
  ...sharedMutants,
  ...manyMutants,
  ...modeChangeMutants,
  ...lastingMutants,
  ...longestMutants,
  ...watchMutants,
  ...stealMutants,
  ...lossMutants,
  ...listMutants,
  ...listLineMutants,
  ...listManyMutants,
  ...raceMutants,
  ...togetherMutants,
  ...firstCallMutants,
  ...watchingAgainMutants,
  ...handleMutants,
  ...sweepMutants,
]
