import type { Holder, Inspection, Waiter } from '../backend.js'
import { fenceOrNull, matchReply, numberOrNull, textOf, unknownReply } from './reply.js'
import type { ScriptCommand } from './script.js'
import { inspect } from './scripts.generated.js'

/** The holders of a name and its waiters; the caller knows the name itself. */
export type NameInspection = Omit<Inspection, 'name'>

/** With `line`: also the waiters, and a name that is only waited for. */
export const inspectCommand: ScriptCommand<{ readonly line: boolean }, NameInspection | null> = {
  script: inspect,
  argv: ({ line }) => (line ? ['line'] : []),
  arity: 1,
  parse: (reply, args) => {
    if (!Array.isArray(reply)) {
      matchReply(reply, /^n$/)
      return null
    }
    const [mode, waiting, ...fields] = reply.map(textOf)
    const [letter] = matchReply(mode, /^([es])$/)
    const [count] = matchReply(waiting, /^w(\d+)$/)
    const { line, holders } = parseFields(fields)
    if (line.length > 0 && !args.line) throw unknownReply(reply)
    const found = { mode: letter === 's' ? 'shared' : 'exclusive', holders } as const
    // Only a listing knows which places have not ended.
    return args.line ? { ...found, waiting: line.length, line } : { ...found, waiting: numberOrNull(count) }
  },
}

/** The waiters, one field each, then the holders, three fields each. An owner may be any text. */
function parseFields(fields: readonly string[]): { line: readonly Waiter[]; holders: readonly Holder[] } {
  const line: Waiter[] = []
  const holders: Holder[] = []
  for (let i = 0; i < fields.length;) {
    const field = fields[i] as string
    if (field.startsWith('l')) {
      const [letter, owner = ''] = matchReply(field, /^l([es])(.*)$/s)
      line.push({ owner, mode: letter === 's' ? 'shared' : 'exclusive' })
      i += 1
    } else {
      const [owner = ''] = matchReply(field, /^o(.*)$/s)
      const [left] = matchReply(fields[i + 1], /^p(\d*)$/)
      const [fence] = matchReply(fields[i + 2], /^f(\d*)$/)
      holders.push({ owner, remainingMs: numberOrNull(left), fence: fenceOrNull(fence) })
      i += 3
    }
  }
  return { line, holders }
}
