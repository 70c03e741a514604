import type { Evidence, Kill, Pause, Turn } from './evidence.js'
import type { Check } from './verdict.js'
import { ms } from './words.js'

/** The time beyond the ttl for a hand-over on a busy machine. */
const TAKE_OVER_SLACK_MS = 5_000
const PROMPT_MS = 2_000

/** Whether each planned fault happened, while the worker held the lock, and did no harm. */
export function checkFaults(evidence: Evidence): readonly Check[] {
  const { faults } = evidence
  return faults === undefined ? [] : [checkKill(evidence, faults.kill), ...checkPause(evidence, faults.pause)]
}

function checkKill({ turns, ttlMs, statement }: Evidence, { worker, at, fence }: Kill): Check {
  const tookMs = Math.min(...turns.filter(({ grantedAt }) => grantedAt > at).map(({ grantedAt }) => grantedAt - at))
  const ok = tookMs <= ttlMs + TAKE_OVER_SLACK_MS
  const arrived = statement.entries.some((entry) => entry.worker === worker && entry.fence === fence)
  const halfDone = arrived
    ? 'part of its turn had reached the account, and counts'
    : 'its half-done update never arrived'
  const text = `worker ${worker} was killed while it held the lock; the next grant came ${ms(tookMs)} later (ttl ${ms(ttlMs)}); ${halfDone}`
  return { ok, text: Number.isFinite(tookMs) ? text : `nobody took over from worker ${worker}, which was killed` }
}

function checkPause({ turns, statement, ttlMs }: Evidence, pause: Pause): readonly Check[] {
  const { worker, fence, stoppedAt, resumedAt } = pause
  const stale = turns.find((turn) => turn.worker === worker && turn.fence === fence)
  const inRegister = statement.entries.filter((entry) => entry.kind === 'register')
  const refused = inRegister.find((entry) => entry.fence === fence && entry.worker === worker && !entry.accepted)
  const harm = statement.entries.some((entry) => entry.fence === fence && (entry.kind === 'counter' || entry.accepted))
  const stoppedMs = resumedAt - stoppedAt
  const others = turns.filter(({ grantedAt }) => grantedAt > stoppedAt && grantedAt < resumedAt).length
  const what = `worker ${worker} was stopped for ${ms(stoppedMs)} while it held the lock (ttl ${ms(ttlMs)})`
  return [
    {
      ok: !harm && refused !== undefined && stoppedMs > ttlMs && others > 0,
      text: harm
        ? `${what}, and its stale write was accepted`
        : refused === undefined
          ? `${what}, and never tried its stale write`
          : `${what}; its stale write was refused: fence ${fence}, the newest was ${refused.newest}`,
    },
    checkLoss(pause, stale, others),
  ]
}

/** A stopped process cannot notice its loss: a hold of another worker meanwhile is no fault of the lock. */
function checkLoss({ worker, resumedAt }: Pause, stale: Turn | undefined, others: number): Check {
  const tookMs = (stale?.lostAt ?? Infinity) - resumedAt
  const text = Number.isFinite(tookMs)
    ? `its lease reported the loss ${ms(tookMs)} after it went on (LOCK_LOST); until then it could not know of the ${others} turns of others, as expected`
    : `the lease of worker ${worker} did not report its loss`
  return { ok: stale?.outcome === 'refused' && tookMs <= PROMPT_MS, text }
}
