import { isFailure } from './attempt.js'
import { inBackground } from './background.js'
import { extendTogether } from './extension.js'
import type { ReleaseResult } from './give-back.js'
import { FIRST_RETRY_MS, Pause } from './pause.js'
import type { Tenure } from './tenure.js'

const TIMEOUTS = 2
const LEAST_TTL_MS = 10

/**
 * Lets a writer go on as a reader. To the store it is an extension as a shared claim, by which the owner comes to share
 * what it held alone, and which never creates: whatever is executed late, or twice, changes nothing else. From now on
 * every renewal asks for the same, so that this only tells how far it has come within the bounds of a release.
 */
export function downgrade(tenure: Tenure): Promise<ReleaseResult> {
  const { engine, claim } = tenure
  // Those who go on hold more than they asked for, which harms nobody but who waits.
  if (!engine.backend.capabilities.shared) return Promise.resolve('released')
  // Before anything else can happen: a tenure that is to be shared must not pass to a writer of this process.
  engine.lines.vacate(tenure)
  tenure.claim = { ...claim, mode: 'shared', limit: Infinity }
  const downgrading = extendAsShared(tenure)
  inBackground(engine, downgrading)
  return downgrading
}

async function extendAsShared(tenure: Tenure): Promise<ReleaseResult> {
  const { engine, term } = tenure
  const { clock, waits } = engine
  const until = clock.now() + TIMEOUTS * term.timeoutMs
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    while (tenure.extending !== undefined) await tenure.extending
    // Whoever went on has released it since, or it has come to its end.
    if (!tenure.isHeld()) return tenure.left() > 0 ? 'released' : 'expired'
    const bound = Math.min(clock.now() + term.timeoutMs, until)
    const [extension] = await extendTogether(engine, [tenure], { alarms: waits, until: bound, ttlMs: ttlOf(tenure) })
    if (extension === 'lost') return 'expired'
    if (!isFailure(extension)) return 'released'
    tenure.wakeAt(clock.now() + delayMs)
    if (!extension.retryable || clock.now() + delayMs >= until) return 'unknown'
    await new Pause(waits, Math.min(clock.now() + delayMs, tenure.endsAt)).done
  }
}

/** Not shorter than it is and, without renewal, not longer. */
function ttlOf(tenure: Tenure): number {
  const leftMs = Math.max(LEAST_TTL_MS, Math.ceil(tenure.left()))
  return tenure.term.renew ? Math.max(leftMs, tenure.claim.ttlMs) : leftMs
}
