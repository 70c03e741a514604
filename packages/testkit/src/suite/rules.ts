/** The rules of the contract that an answer can break, each in one sentence. */
export const rules = {
  capabilities: 'Capabilities are plain frozen data, the same for every handle, and say what is there.',
  shape: 'Every answer has the shape that the contract gives it.',
  arguments: 'The arguments of a call are left as they were.',
  attempt: 'A call makes one attempt and answers what the store said. A value is certain; a throw is unknown.',
  exclusion: 'No two owners hold a name at the same time, unless all of them share it within their limits.',
  refusal: 'A claim is refused only while somebody else holds the name, or waits for it in line.',
  idempotence:
    'Every verb may arrive twice: an owner who holds a name is granted it again, with the same fence, never for less.',
  ownership: 'An owner extends, releases and keeps what it holds, and touches nothing that belongs to somebody else.',
  owners: 'An owner is any string of up to 300 characters and more, kept as it is.',
  names: 'A name is any well-formed Unicode of up to 1024 bytes, kept as it is; different names are different locks.',
  validity:
    'validMs is a duration in milliseconds that the lease lasts at least, counted from the beginning of the call.',
  expiry: 'A lease lasts for the whole of its ttl on the clock of the store, and is absent for every verb thereafter.',
  'retry-after': 'retryAfterMs is null or within the rest of the present lease.',
  extension:
    'An owner extends what it holds, to the new ttl; with fences, never to less. What is gone or not its own is answered "lost", never created.',
  batches: 'A batch answers each claim for itself, in the order of the claims.',
  release:
    'A release answers "released" if the owner held the name, else "not-held". With keepMs the name stays taken.',
  inspection: 'inspect shows who holds the name, with mode, remaining time and fence, or null when nobody does.',
  eviction: 'evict answers whether something was held, and frees it.',
  steal: 'A claim with steal takes the name from its holders, and leaves the line alone.',
  foreign:
    "What no lease wrote is never replaced or deleted, evict aside. What cannot be read as a lease is an error with executed: 'no'.",
  fences: 'Fences of a name rise strictly in the order of its grants. Reserved ones are not given out again.',
  shared: 'Shared leases stand beside each other within their limits, never beside an exclusive one.',
  'shared-repeat': 'An owner who shares a name and claims it exclusively is refused, without a place in line.',
  downgrade: 'An exclusive lease that is extended as shared is shared from then on, in one step, with the same fence.',
  place: 'A refused claim with lineMs has a place in line and is answered how many stand before it; others have none.',
  line: 'Those who wait are served in the order in which they came; the store grants the name to the head, and nobody overtakes.',
  notification: 'A notification names an owner who waits, or a name that was taken; one that claims a grant is true.',
  listing:
    'list shows everything that is held or waited for, each name once, with the line in the order of its places.',
} as const

/** The id of a rule of the contract. */
export type Rule = keyof typeof rules

const PAGE = 'https://github.com/holdfast-locks/holdfast/blob/main/docs/write-a-backend.md'

/** The page that explains the rules. */
export const rulesLink: string = `${PAGE}#the-rules`

/** An answer that no rule permits: the broken rule, and the right answer. */
export interface Problem {
  readonly rule: Rule
  readonly expected: string
}

const groups: Readonly<Record<string, Rule>> = {
  absent: 'capabilities',
  concurrency: 'exclusion',
  histories: 'exclusion',
  list: 'listing',
  'shared-line': 'line',
  losses: 'notification',
  'fence-reserves': 'fences',
  storm: 'exclusion',
  watch: 'notification',
}

/** The rule that a case is about: its own, or else that of the first part of its id. */
export function ruleOfCase({ id, rule }: { readonly id: string; readonly rule?: Rule }): Rule {
  if (rule !== undefined) return rule
  const [group = ''] = id.split('/')
  if (id.includes('fence')) return 'fences'
  if (id.includes('/downgrade')) return 'downgrade'
  return groups[group] ?? (group in rules ? (group as Rule) : 'attempt')
}
