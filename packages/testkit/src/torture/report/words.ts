import type { CallBegun, CallEnded, TortureEvent } from '../history/event.js'
import type { Violation } from '../check/verdict.js'

/** Puts an event into words if it has to do with the violation. */
export function wordsFor(
  events: readonly TortureEvent[],
  { names, leases, processes }: Violation,
): (event: TortureEvent) => string | null {
  const calls = new Map(events.flatMap((event) => (event.type === 'call' ? [[event.id, event]] : [])))
  const isMeant = (call: CallBegun | undefined): call is CallBegun =>
    call !== undefined && call.names.some((name) => names.includes(name))
  return (event) => {
    switch (event.type) {
      case 'call':
        return isMeant(event) ? `${event.verb} ${event.lease ?? event.terms?.mode ?? ''} begins` : null
      case 'end': {
        const call = calls.get(event.id)
        return isMeant(call) ? endOf(call, event) : null
      }
      case 'signalled':
        return leases.includes(event.lease) ? `${event.lease} signals its loss: ${event.code}` : null
      case 'held':
        return leases.includes(event.lease) && !event.held ? `${event.lease} says not held` : null
      case 'write': {
        const { lease, name, fence, accepted } = event
        return names.includes(name) ? `write by ${lease}, fence ${fence}: ${accepted ? 'accepted' : 'refused'}` : null
      }
      case 'fault':
        return `${event.kind} ${event.phase === 'begin' ? 'begins' : 'ends'}`
      case 'process': {
        const { of, what, note } = event
        return processes.includes(of) ? `${of}: ${what}${note === undefined ? '' : `, ${note}`}` : null
      }
      case 'audit':
      case 'lag':
      case 'leak':
      case 'bye':
        break
    }
    return null
  }
}

function endOf({ verb, lease }: CallBegun, { outcome, grant, code }: CallEnded): string {
  const fences = grant && ` ${grant.lease}, fence ${Object.values(grant.fences).join(', ')}`
  return `${verb} ${lease ?? ''}: ${outcome}${fences ?? ''}${code === undefined ? '' : ` (${code})`}`
}
