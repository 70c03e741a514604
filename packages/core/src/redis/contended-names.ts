/**
 * The names that another owner held or waited for lately: claims on them go to the script that reads the line. Only a
 * hint, which costs one more command where it is wrong.
 */
export interface ContendedNames {
  has(name: string): boolean
  /** Somebody else holds the name or waits for it. */
  met(name: string): void
  /** The name was granted without a refusal. */
  granted(name: string): void
}

/** More names than this are rarely contended at one time within one process. */
const REMEMBERED = 256
/** The number of grants in a row after which the name counts as uncontended. */
const GRANTS = 8

export function createContendedNames(): ContendedNames {
  /** How often in a row each name was granted. */
  const grants = new Map<string, number>()
  return {
    has: (name) => grants.size > 0 && grants.has(name),
    met: (name) => {
      if (!grants.has(name) && grants.size >= REMEMBERED) {
        const [oldest = ''] = grants.keys()
        grants.delete(oldest)
      }
      grants.set(name, 0)
    },
    granted: (name) => {
      const before = grants.get(name)
      if (before === undefined) return
      if (before + 1 < GRANTS) grants.set(name, before + 1)
      else grants.delete(name)
    },
  }
}
