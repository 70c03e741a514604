import type { ConformanceCase } from '../case.js'
import { batches } from './batches.js'
import { absentCapabilities, capabilities } from './capabilities.js'
import { concurrency } from './concurrency.js'
import { eviction } from './eviction.js'
import { exclusion } from './exclusion.js'
import { expiry } from './expiry.js'
import { extension } from './extension.js'
import { fenceReserves } from './fence-reserves.js'
import { fences } from './fences.js'
import { foreignTypes } from './foreign-types.js'
import { foreignValues } from './foreign-values.js'
import { idempotence } from './idempotence.js'
import { inspection } from './inspection.js'
import { lineDeaths } from './line-deaths.js'
import { lineGrants } from './line-grants.js'
import { lineOrder } from './line-order.js'
import { losses } from './losses.js'
import { listingLines } from './listing-lines.js'
import { listing } from './listing.js'
import { modeChanges } from './mode-changes.js'
import { modeRepeats } from './mode-repeats.js'
import { names } from './names.js'
import { ownership } from './ownership.js'
import { owners } from './owners.js'
import { release } from './release.js'
import { sharedLine } from './shared-line.js'
import { shared } from './shared.js'
import { stealLine } from './steal-line.js'
import { steal } from './steal.js'
import { storm } from './storm.js'
import { watching } from './watching.js'

/** The whole suite, from the simplest promise to the most intricate. */
export const conformanceCases: readonly ConformanceCase[] = Object.freeze([
  ...capabilities,
  ...absentCapabilities,
  ...exclusion,
  ...ownership,
  ...owners,
  ...expiry,
  ...extension,
  ...idempotence,
  ...release,
  ...inspection,
  ...eviction,
  ...steal,
  ...batches,
  ...fences,
  ...fenceReserves,
  ...names,
  ...foreignValues,
  ...foreignTypes,
  ...lineOrder,
  ...lineGrants,
  ...lineDeaths,
  ...stealLine,
  ...shared,
  ...sharedLine,
  ...modeRepeats,
  ...modeChanges,
  ...watching,
  ...losses,
  ...listing,
  ...listingLines,
  ...concurrency,
  ...storm,
])
