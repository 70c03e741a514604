/** A command as the client sent it. */
export interface Command {
  /** In capitals: `'EVALSHA'`. */
  readonly name: string
  /** All words behind the name. */
  readonly args: readonly string[]
}

/**
 * Which commands are meant: a name, whatever its case (`'incr'`); a pattern for the whole command, its words joined by
 * spaces (`/^SET lock:/`); or a predicate.
 */
export type CommandMatcher = string | RegExp | ((command: Command) => boolean)

export function toCommand(words: readonly string[]): Command {
  const [name = '', ...args] = words
  return { name: name.toUpperCase(), args }
}

export function toPredicate(matcher: CommandMatcher): (command: Command) => boolean {
  if (typeof matcher === 'function') return matcher
  if (typeof matcher === 'string') return ({ name }) => name === matcher.toUpperCase()
  // A pattern with g or y remembers where it stopped; a matcher must not.
  const pattern = new RegExp(matcher.source, matcher.flags.replace(/[gy]/g, ''))
  return ({ name, args }) => pattern.test([name, ...args].join(' '))
}
