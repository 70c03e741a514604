import type { WebLocksCase } from '../case.js'
import { argumentCases } from './arguments.js'
import { callbackCases } from './callbacks.js'
import { crowdCases } from './crowds.js'
import { grantingCases } from './granting.js'
import { ifAvailableCases } from './if-available.js'
import { modeCases } from './modes.js'
import { nameCases } from './names.js'
import { nestingCases } from './nesting.js'
import { orderCases } from './order.js'
import { queryMomentCases } from './query-moments.js'
import { queryCases } from './query.js'
import { refusalCases } from './refusals.js'
import { releaseOrderCases } from './release-order.js'
import { signalRaceCases } from './signal-races.js'
import { signalCases } from './signal.js'
import { stealQueueCases } from './steal-queue.js'
import { stealCases } from './steal.js'

export const webLocksCases: readonly WebLocksCase[] = Object.freeze([
  ...argumentCases,
  ...refusalCases,
  ...nameCases,
  ...grantingCases,
  ...callbackCases,
  ...modeCases,
  ...orderCases,
  ...releaseOrderCases,
  ...ifAvailableCases,
  ...signalCases,
  ...signalRaceCases,
  ...stealCases,
  ...stealQueueCases,
  ...queryCases,
  ...queryMomentCases,
  ...nestingCases,
  ...crowdCases,
])
