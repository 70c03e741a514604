import { checkOptions, optionNames } from '../errors/unknown-options.js'

const BOTH = 'ttlMs waitMs renew maxHoldMs retry'
const CALL = 'signal mode limit within steal minHoldMs'
/** The options of a call that a locker has no default of. */
const ofCall: ReadonlySet<string> = optionNames(CALL)
/** The names of the options of one acquisition. */
export const acquireOptionNames: ReadonlySet<string> = optionNames(`${BOTH} ${CALL}`)

type Kind = 'createLocker' | 'acquire' | 'tryAcquire' | 'request' | 'resume' | 'retry' | 'handOver' | 'requires'

const known: Readonly<Record<Kind, ReadonlySet<string>>> = {
  createLocker: optionNames(`backend ${BOTH} attemptTimeoutMs handOver label requires context observer clock`),
  acquire: acquireOptionNames,
  tryAcquire: acquireOptionNames,
  request: new Set([...acquireOptionNames, 'ifAvailable']),
  resume: optionNames('renew maxHoldMs'),
  retry: optionNames('backoff maxAttempts'),
  handOver: optionNames('count ms'),
  requires: optionNames('scope fencing shared line watch list'),
}

/**
 * Refuses an unknown option of a function of core, or of an option that is an object.
 * @throws TypeError
 */
export function checkKnown(kind: Kind, options: unknown): void {
  const names = known[kind]
  checkOptions(kind, options, names, names.has('waitMs') ? (name) => hintOf(kind, name) : undefined)
}

/** Where an option is that another call has. */
function hintOf(kind: Kind, name: string): string | undefined {
  if (ofCall.has(name)) return 'acquire and request have it'
  if (name !== 'ifAvailable') return undefined
  return `${kind === 'tryAcquire' ? 'drop it' : 'request has it'}, tryAcquire does just that`
}
