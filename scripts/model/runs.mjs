/** @import { Run } from './search.mjs' */

const THREE_SHARE = ['-DCLAIMS=3', '-DLATE=0', '-DLIMIT=2']
const RESERVED = ['-DHAND_OVER', '-DFENCES=4', '-DRESERVED=2']
const FORCE = ['-DFENCES=3', '-DFORCE=1']
const LIVE = ['-DLIVE', '-DCLAIMS=3']

/** What is searched, each to its end. The flags are explained in model/lock.pml. @type {readonly Run[]} */
export const configurations = [
  { name: 'two late calls', flags: ['-DLATE=2', '-DPLACE=1'] },
  { name: 'a place longer than the ttl', flags: ['-DPLACE=3'] },
  { name: 'a ttl longer than the place', flags: ['-DTTL=3'] },
  { name: 'three owners', flags: ['-DCLAIMS=3', '-DLATE=0'] },
  { name: 'a writer, a reader, a downgrade', flags: ['-DREADERS=2', '-DDOWNGRADES'] },
  { name: 'a writer, two readers, a downgrade', flags: [...THREE_SHARE, '-DREADERS=6', '-DDOWNGRADES'] },
  { name: 'three readers of which two fit', flags: [...THREE_SHARE, '-DREADERS=7'] },
  { name: 'hand-over, fences reserved by the claim', flags: RESERVED },
  { name: 'hand-over, fences reserved later', flags: ['-DHAND_OVER', '-DFENCES=3'] },
  { name: 'force', flags: FORCE },
  { name: 'force, a writer and a reader', flags: ['-DFORCE=1', '-DREADERS=2'] },
  { name: 'progress', flags: LIVE },
  { name: 'progress, a writer and two readers', flags: [...LIVE, '-DREADERS=6', '-DLIMIT=1', '-DDOWNGRADES'] },
  { name: 'the deadline of a holder', model: 'deadline.pml', flags: ['-DCALLS=2', '-DLONGEST=4'] },
]

/**
 * A plausible mistake, the promise that it breaks, and a configuration in which it does.
 * @param {string} name the switch of the mistake in the model
 * @param {string} promise @param {readonly string[]} flags @param {string} [model] @returns {Run}
 */
function variant(name, promise, flags = [], model) {
  // Only the promise of the variant is checked.
  const shown = promise === 'progress' ? [] : [`-DSHOWS=${promise.replaceAll(' ', '_')}`]
  return {
    name: model === undefined ? name : `${name}, ${model}`,
    promise,
    model,
    flags: [`-D${name}`, ...shown, ...flags],
  }
}

/** @param {string} name @param {string} promise */
const ofDeadline = (name, promise) => variant(name, promise, ['-DCALLS=2'], 'deadline.pml')

/** @type {readonly Run[]} */
export const variants = [
  variant('RELEASE_WITHOUT_COMPARE', 'belief'),
  variant('EXTEND_WITHOUT_COMPARE', 'lease end'),
  variant('REPEAT_FOR_ANY_OWNER', 'exclusion'),
  variant('OWNER_USED_AGAIN', 'belief'),
  variant('BELIEF_FROM_ANSWER', 'belief'),
  variant('MESSAGE_COUNTS_FROM_RECEIPT', 'belief'),
  variant('OUTDATED_MESSAGE_COUNTS', 'belief'),
  variant('CLAIM_OVERTAKES', 'order'),
  variant('LINE_WITHOUT_MARK', 'order'),
  variant('READER_OVERTAKES', 'order', ['-DCLAIMS=3', '-DREADERS=6', '-DLATE=0']),
  variant('LIMIT_IGNORED', 'exclusion', ['-DREADERS=3', '-DLIMIT=1']),
  variant('GRANT_KEEPS_PLACE', 'place'),
  variant('GRANT_TO_ENDED_PLACE', 'place'),
  variant('GRANT_FOR_TTL', 'lease end'),
  variant('RELEASE_KEEPS_PLACE', 'leftovers'),
  variant('MARKER_STAYS', 'leftovers', ['-DREADERS=3']),
  variant('DOWNGRADE_IN_TWO_STEPS', 'downgrade', ['-DREADERS=2', '-DDOWNGRADES']),
  variant('FENCE_FROM_STALE_VALUE', 'fences', ['-DFENCES=4']),
  variant('STEAL_KEEPS_FENCE', 'fences', FORCE),
  variant('RESERVE_FORGETS_FIRST', 'same fence', RESERVED),
  variant('LATE_RESERVATION_COUNTS', 'fences', ['-DHAND_OVER', '-DFENCES=6']),
  variant('HAND_OVER_AFTER_END', 'exclusion', RESERVED),
  variant('HAND_OVER_AND_RELEASE', 'belief', RESERVED),
  variant('WAITS_FOR_MESSAGE_ONLY', 'progress', LIVE),
  variant('LINE_MOVES_AT_RELEASE_ONLY', 'progress', LIVE),
  ofDeadline('UNANSWERED_FORGOTTEN', 'belief'),
  ofDeadline('NEVER_ANSWERED_FORGOTTEN', 'belief'),
  ofDeadline('OVERLAP_IGNORED', 'belief'),
  ofDeadline('BELIEF_FROM_ANSWER', 'belief'),
  ofDeadline('REPEAT_SHORTENS', 'belief'),
  ofDeadline('RENEWAL_SHORTENS', 'kept'),
]
