import { attempt, isFailure } from './attempt.js'
import { inBackground } from './background.js'
import type { Claim } from './backend.js'
import type { ReleaseResult } from './give-back.js'
import { Pause } from './pause.js'
import type { Tenure } from './tenure.js'

const FIRST_RETRY_MS = 10

/**
 * Makes an exclusive tenure a shared one, in one step at the store, so that nobody else can write in between. To the
 * store it is the same owner's claim. While it is not certain whether that was done, it is asked for again, and nothing
 * else is asked for this owner.
 *
 * @param fence of the tenure's holder. A greater one tells that the name was taken away meanwhile, and granted anew.
 */
export async function downgrade(tenure: Tenure, fence: number | null): Promise<ReleaseResult> {
  const { engine } = tenure
  // Those who go on hold more than they asked for, which harms nobody but who waits.
  if (!engine.backend.capabilities.shared) return 'released'
  while (tenure.extending !== undefined) await tenure.extending
  if (!tenure.isHeld()) return 'expired'
  engine.lines.vacate(tenure)
  const downgrading = claimShared(tenure, fence)
  inBackground(engine, downgrading)
  const settled = downgrading.then(() => {
    tenure.extending = undefined
  })
  tenure.extending = settled
  await settled
  return tenure.isHeld() ? 'released' : 'expired'
}

async function claimShared(tenure: Tenure, fence: number | null): Promise<void> {
  const { backend, clock, chores } = tenure.engine
  const { name, owner, ttlMs } = tenure.claim
  const claim: Claim = { name, owner, ttlMs, mode: 'shared', limit: Infinity }
  // Whatever the store does late: nothing can follow from it after this release.
  const latecomer = { settledLate: () => void (tenure.state === 'ended' && tenure.abandon()) }
  for (let delayMs = FIRST_RETRY_MS; ; delayMs *= 2) {
    const sentAt = clock.now()
    const sentAtWall = clock.wallNow()
    const until = Math.min(sentAt + tenure.term.timeoutMs, tenure.deadline)
    const answer = await attempt((call) => backend.acquire(claim, call), chores, until, undefined, latecomer)
    if (tenure.state !== 'held') return void tenure.abandon()
    if (!isFailure(answer)) {
      const same = answer.acquired && (answer.fence === null || fence === null || answer.fence <= fence)
      if (!same) {
        tenure.lose('the store holds it for nobody or for somebody else')
        return void tenure.abandon()
      }
      tenure.claim = claim
      return tenure.extended(sentAt, sentAtWall, answer.validMs, ttlMs)
    }
    if (answer.executed === 'no' && !answer.retryable) return
    await new Pause(chores, clock.now() + delayMs).done
    if (!tenure.isHeld()) return void tenure.abandon()
  }
}
