import type { ConformanceCase } from '../suite/case.js'
import { aborted } from './always/aborted.js'
import { attempts } from './always/attempts.js'
import { mixedBatches } from './always/mixed-batches.js'
import { abortedReserves } from './fencing/aborted-reserves.js'
import { abortedLines } from './line/aborted-lines.js'
import { listingMany } from './list/listing-many.js'
import { abortedModes } from './shared/aborted-modes.js'
import { manyNames } from './always/many-names.js'
import { otherNames } from './always/other-names.js'
import { handles } from './handles/handles.js'
import { idleHandles } from './handles/idle.js'
import { severalWatchers } from './watch/watchers.js'
import { watchingAgain } from './watch/again.js'
import { confirmations } from './line/confirmations.js'
import { manyWaiters } from './line/many-waiters.js'
import { batches } from './always/batches.js'
import { absentCapabilities, capabilities } from './always/capabilities.js'
import { concurrency } from './always/concurrency.js'
import { eviction } from './always/eviction.js'
import { exclusion } from './always/exclusion.js'
import { expiry } from './always/expiry.js'
import { clientClock } from './always/client-clock.js'
import { extension } from './always/extension.js'
import { fenceReserves } from './fencing/fence-reserves.js'
import { fences } from './fencing/fences.js'
import { manyFences } from './fencing/many-fences.js'
import { foreignTypes } from './always/foreign-types.js'
import { foreignValues } from './always/foreign-values.js'
import { idempotence } from './always/idempotence.js'
import { inspection } from './always/inspection.js'
import { inspectionsMeanwhile } from './always/inspections-meanwhile.js'
import { longest } from './always/longest.js'
import { lasting } from './line/lasting.js'
import { lineDeaths } from './line/line-deaths.js'
import { everyGrant } from './line/every-grant.js'
import { lineGrants } from './line/line-grants.js'
import { lineTimes } from './line/line-times.js'
import { lineOrder } from './line/line-order.js'
import { otherLines } from './line/other-lines.js'
import { everyHolder } from './watch/every-holder.js'
import { losses } from './watch/losses.js'
import { listingLines } from './list/listing-lines.js'
import { listing } from './list/listing.js'
import { manyReaders } from './shared/many-readers.js'
import { modeChangeLines } from './shared/mode-change-lines.js'
import { modeChanges } from './shared/mode-changes.js'
import { modeRepeats } from './shared/mode-repeats.js'
import { names } from './always/names.js'
import { ownership } from './always/ownership.js'
import { owners } from './always/owners.js'
import { release } from './always/release.js'
import { sharedNames } from './shared/names.js'
import { sharedLine } from './shared/shared-line.js'
import { shared } from './shared/shared.js'
import { histories } from './histories/histories.js'
import { stealLine } from './line/steal-line.js'
import { steal } from './always/steal.js'
import { everyVerb } from './faults/every-verb.js'
import { unknownOutcomes } from './faults/unknown-outcomes.js'
import { lateAnswers } from './faults/late-answers.js'
import { lostBatches } from './faults/lost-batches.js'
import { lateCopies } from './faults/late-copies.js'
import { lostLists } from './faults/lost-lists.js'
import { storm } from './always/storm.js'
import { nextLease } from './always/next-lease.js'
import { takenMeanwhile } from './always/taken-meanwhile.js'
import { together } from './always/together.js'
import { watching } from './watch/watching.js'

/** The whole suite, from the simplest promise to the most intricate. */
export const conformanceCases: readonly ConformanceCase[] = Object.freeze([
  // First, on a store that is still empty: a store that clears up at twice the number of names does so soon.
  ...otherNames,
  ...capabilities,
  ...absentCapabilities,
  ...exclusion,
  ...ownership,
  ...owners,
  ...expiry,
  ...clientClock,
  ...extension,
  ...idempotence,
  ...release,
  ...inspection,
  ...eviction,
  ...steal,
  ...batches,
  ...attempts,
  ...aborted,
  ...abortedReserves,
  ...abortedLines,
  ...abortedModes,
  ...unknownOutcomes,
  ...everyVerb,
  ...lostBatches,
  ...lateCopies,
  ...lostLists,
  ...fences,
  ...fenceReserves,
  ...manyFences,
  ...names,
  ...sharedNames,
  ...otherLines,
  ...foreignValues,
  ...foreignTypes,
  ...lineOrder,
  ...lineTimes,
  ...lineGrants,
  ...everyGrant,
  ...confirmations,
  ...lineDeaths,
  ...stealLine,
  ...shared,
  ...sharedLine,
  ...modeRepeats,
  ...modeChanges,
  ...modeChangeLines,
  // Beside cases that take as long.
  ...lateAnswers,
  ...lasting,
  ...longest,
  ...losses,
  ...everyHolder,
  ...watching,
  // Cases that run alone stand together: each waits for the end of all cases before it.
  ...severalWatchers,
  ...watchingAgain,
  ...idleHandles,
  ...listing,
  ...listingLines,
  ...handles,
  ...concurrency,
  ...takenMeanwhile,
  ...inspectionsMeanwhile,
  ...nextLease,
  ...together,
  ...storm,
  ...histories,
  // A list looks at every name that is there: cases that leave hundreds of names, readers or waiters come last.
  ...manyWaiters,
  ...manyReaders,
  ...listingMany,
  ...mixedBatches,
  ...manyNames,
])
