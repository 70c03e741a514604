/** @import { Run } from './search.mjs' */

const HAND_OVER = ['-DFENCES=4', '-DHAND_OVER']
const LIVE = ['-DLIVE', '-DCLAIMS=3']

/** What is searched, each to its end. The flags are explained in model/lock.pml. @type {readonly Run[]} */
export const configurations = [
  { name: 'two late calls', flags: ['-DLATE=2'] },
  { name: 'a place longer than the ttl', flags: ['-DPLACE=3'] },
  { name: 'a ttl longer than the place', flags: ['-DTTL=3'] },
  { name: 'three owners', flags: ['-DCLAIMS=3', '-DLATE=0'] },
  { name: 'a writer, a reader and a downgrade', flags: ['-DREADERS=2', '-DDOWNGRADES'] },
  {
    name: 'a writer, two readers and a downgrade',
    flags: ['-DCLAIMS=3', '-DREADERS=6', '-DDOWNGRADES', '-DLIMIT=2', '-DLATE=0'],
  },
  { name: 'three readers of which two fit', flags: ['-DCLAIMS=3', '-DREADERS=7', '-DLIMIT=2', '-DLATE=0'] },
  { name: 'hand-over, fences reserved by the claim', flags: [...HAND_OVER, '-DRESERVED=2'] },
  { name: 'hand-over, fences reserved later', flags: HAND_OVER },
  { name: 'force', flags: ['-DFENCES=3', '-DFORCE=1'] },
  { name: 'force among readers', flags: ['-DFORCE=1', '-DREADERS=2', '-DDOWNGRADES'] },
  { name: 'progress', flags: LIVE },
  { name: 'progress, a writer and two readers', flags: [...LIVE, '-DREADERS=6', '-DLIMIT=1', '-DDOWNGRADES'] },
]

/**
 * A plausible mistake, the promise that it breaks, and a configuration in which it does.
 * @param {string} name the switch of the mistake in the model
 * @param {string} promise @param {readonly string[]} flags @returns {Run}
 */
function variant(name, promise, flags = []) {
  const only = promise === 'progress' ? [] : [`-DSHOWS=${promise.replaceAll(' ', '_')}`]
  return { name, promise, flags: [`-D${name}`, ...only, ...flags] }
}

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
  variant('STEAL_KEEPS_FENCE', 'fences', ['-DFENCES=3', '-DFORCE=1']),
  variant('RESERVE_FORGETS_FIRST', 'same fence', [...HAND_OVER, '-DRESERVED=2']),
  variant('LATE_RESERVATION_COUNTS', 'fences', ['-DFENCES=6', '-DHAND_OVER']),
  variant('HAND_OVER_AFTER_END', 'exclusion', [...HAND_OVER, '-DRESERVED=2']),
  variant('HAND_OVER_AND_RELEASE', 'belief', [...HAND_OVER, '-DRESERVED=2']),
  variant('WAITS_FOR_MESSAGE_ONLY', 'progress', LIVE),
  variant('LINE_MOVES_AT_RELEASE_ONLY', 'progress', LIVE),
]
