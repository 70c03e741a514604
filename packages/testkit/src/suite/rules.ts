/** The rules of the contract that an answer can break, each in one sentence. */
export const rules = {
  exclusion: 'No two owners hold a name at the same time, unless all of them share it within their limits.',
  idempotence: 'An owner who holds a name is answered "acquired" again, with the same fence.',
  refusal: 'A claim is refused only while somebody else holds the name, or waits for it in line.',
  'shared-repeat': 'An owner who shares a name and claims it exclusively is refused, without a place in line.',
  validity:
    'validMs is a duration in milliseconds that the lease lasts at least, counted from the beginning of the call.',
  'retry-after': 'retryAfterMs is null or within the rest of the present lease.',
  extension: 'An owner extends what it holds, to the new ttl. What is gone or not its own is answered "lost".',
  release: 'A release answers "released" if the owner held the name, else "not-held", and touches nothing of others.',
  inspection: 'inspect shows who holds the name, with mode, remaining time and fence, or null when nobody does.',
  eviction: 'evict answers whether something was held, and frees it.',
  expiry: 'A lease lasts for the whole of its ttl on the clock of the store, and is absent for every verb thereafter.',
  fences: 'Fences of a name rise strictly in the order of its grants. Reserved ones are not given out again.',
  place: 'A refused claim with lineMs has a place in line and is told how many stand before it; others have none.',
  listing: 'list shows everything that is held or waited for, with the line in the order of its places.',
  notification: 'A notification that claims a grant names an owner who holds the name, and its fence.',
  shape: 'Every answer has the shape that the contract gives it.',
  arguments: 'The arguments of a call are left as they were.',
} as const

export type Rule = keyof typeof rules

const CONTRACT = 'https://github.com/holdfast-locks/holdfast/blob/main/docs/write-a-backend.md'

/** Where the rules are explained. */
export const contractLink = (): string => `${CONTRACT}#the-rules`

/** An answer that no rule permits: which rule, and what would have been right. */
export interface Problem {
  readonly rule: Rule
  readonly expected: string
}
