import { describeValue, wrongKind } from './messages.js'

/** Words for an option in other libraries, where no part of the word is the option's own name. */
const WORDS: Readonly<Record<string, RegExp | undefined>> = {
  backend: /store|client|redis|postgres|pool|connection/,
  ttlMs: /expir|duration/,
  waitMs: /timeout/,
  retry: /retr|backoff/,
  maxAttempts: /retr|attempt/,
  backoff: /delay/,
  mode: /shared/,
  steal: /force/,
  minHoldMs: /keep/,
  label: /name/,
  observer: /^on[A-Z]/,
  fencing: /fence/,
  prefix: /space/,
}

/** The names of all options of one kind, from a text with a space between them. */
export const optionNames = (names: string): ReadonlySet<string> => new Set(names.split(' '))

/**
 * Refuses options that are no object, and an option that does not exist, with the nearest one that does. An option that
 * is `undefined` is absent.
 * @param kind the function, backend or option that has the options, as the message names it.
 * @param known the names of all of its options.
 * @param hintOf what the message says of an option that `known` does not have. Default: the nearest one.
 * @throws TypeError
 */
export function checkOptions(
  kind: string,
  options: unknown,
  known: ReadonlySet<string>,
  hintOf?: (name: string) => string | undefined,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw wrongKind(`the options of ${kind} must be an object`, options)
  // Also inherited names, such as those of an AbortSignal in place of options, but not the names that every object has.
  for (const name in options) {
    if (known.has(name) || (options as Record<string, unknown>)[name] === undefined || name in Object.prototype)
      continue
    throw unknownOption(`${kind} has no option`, name, known, hintOf?.(name))
  }
}

/** The error for an option or a hook that does not exist. */
export function unknownOption(
  what: string,
  name: string,
  known: ReadonlySet<string>,
  hint: string = hintOfNearest(name, known),
): TypeError {
  // A name of letters alone is shown up to a greater length: a secret in the wrong place seldom has letters alone.
  const shown = /^[a-z]{1,32}$/i.test(name) ? `"${name}"` : describeValue(name)
  return new TypeError(`${what} ${shown}: ${hint}`)
}

function hintOfNearest(name: string, known: ReadonlySet<string>): string {
  const near = nearestOption(name, known)
  return near === undefined ? `there are ${[...known].join(', ')}` : `did you mean "${near}"?`
}

/**
 * The option that was probably meant: the same but for case, unit and `on`; a word for it; part of the name, or the name
 * part of it; or at most two slips away.
 */
export function nearestOption(name: string, known: ReadonlySet<string>): string | undefined {
  const names = [...known]
  const asked = bare(name)
  return (
    names.find((each) => bare(each) === asked) ??
    names.find((each) => WORDS[each]?.test(name)) ??
    names.find((each) => bare(each) !== '' && asked.includes(bare(each))) ??
    names.find((each) => slips(bare(each), asked) <= Math.min(2, each.length / 3))
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
