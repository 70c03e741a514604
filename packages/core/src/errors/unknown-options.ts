import { describeValue } from './messages.js'

/** Words for an option in other libraries. */
const WORDS: Readonly<Record<string, RegExp | undefined>> = {
  backend: /store|client|redis/i,
  ttlMs: /ttl|expir|duration/i,
  waitMs: /wait|timeout/i,
  renew: /renew|extend/i,
  retry: /retr|attempt|backoff/i,
  backoff: /delay/i,
  maxAttempts: /retr|attempt/i,
  signal: /abort/i,
  mode: /shared/i,
  limit: /permit/i,
  steal: /force/i,
  label: /name|owner/i,
  observer: /^on[A-Z]/,
  fencing: /fence/i,
  prefix: /prefix|namespace/i,
}

/** The names of all options of one kind, from a text with a space between them. */
export const optionNames = (names: string): ReadonlySet<string> => new Set(names.split(' '))

/**
 * Refuses options that are no object, and an option that does not exist, with the nearest one that does. An option that
 * is `undefined` is absent.
 * @param kind which function or option it is about, as the message begins.
 * @throws TypeError
 */
export function checkOptions(kind: string, options: unknown, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`the options of ${kind} must be an object, got ${describeValue(options)}`)
  // Also inherited ones: those of an AbortSignal in place of options. But not what every object inherits.
  for (const name in options) {
    if (known.has(name) || (options as Record<string, unknown>)[name] === undefined || name in Object.prototype)
      continue
    const near = nearestOption(name, known)
    throw unknownOption(`${kind} has no option`, name, near ?? [...known])
  }
}

/** What to throw for an option or a hook that does not exist, of which one or several others do. */
export function unknownOption(what: string, name: string, others: string | readonly string[]): TypeError {
  // Only letters are shown: anything else may be a secret that was put in the wrong place.
  const shown = /^[a-z]{1,32}$/i.test(name) ? `"${name}"` : describeValue(name)
  const hint = typeof others === 'string' ? `did you mean "${others}"?` : `there are ${others.join(', ')}`
  return new TypeError(`${what} ${shown}: ${hint}`)
}

const LONGEST = 32

/** The option that was probably meant: the same but for case, unit and `on`; a word for it; or at most two slips away. */
export function nearestOption(name: string, known: ReadonlySet<string>): string | undefined {
  if (name.length > LONGEST) return undefined
  const names = [...known]
  return (
    names.find((each) => bare(each) === bare(name)) ??
    names.find((each) => WORDS[each]?.test(name)) ??
    names.find((each) => slips(bare(each), bare(name)) <= Math.min(2, each.length / 3))
  )
}

const bare = (name: string): string => name.toLowerCase().replace(/^on|ms$/g, '')

/** How many letters have to be added, removed or changed to make one text of the other. */
function slips(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 0; i < a.length; i++) {
    let before = i
    row[0] = i + 1
    for (let j = 0; j < b.length; j++) {
      const changed = before + (a[i] === b[j] ? 0 : 1)
      before = row[j + 1] as number
      row[j + 1] = Math.min(changed, before + 1, (row[j] as number) + 1)
    }
  }
  return row.at(-1) as number
}
