import type { LockMode } from './backend.js'

/** One acquisition in the line for a name within this process. */
export interface LocalPlace {
  readonly mode: LockMode
  /** Whether it is its turn to ask the store. */
  called: boolean
  /** Told when its turn comes. */
  call(): void
}

/**
 * Who in this process may ask the store for a name: the first in line, and with a shared claim at the
 * front all shared ones that stand directly behind it. The others cost the store nothing.
 */
export interface LocalLines {
  join(name: string, place: LocalPlace): void
  leave(name: string, place: LocalPlace): void
}

export function createLocalLines(): LocalLines {
  const lines = new Map<string, LocalPlace[]>()

  const advance = (line: readonly LocalPlace[]): void => {
    for (const [index, place] of line.entries()) {
      if (index > 0 && (place.mode !== 'shared' || line[0]?.mode !== 'shared')) return
      if (place.called) continue
      place.called = true
      place.call()
    }
  }

  return {
    join: (name, place) => {
      const line = lines.get(name)
      if (line === undefined) lines.set(name, [place])
      else line.push(place)
      advance(line ?? [place])
    },
    leave: (name, place) => {
      const line = lines.get(name)
      const index = line?.indexOf(place) ?? -1
      if (line === undefined || index < 0) return
      line.splice(index, 1)
      if (line.length === 0) lines.delete(name)
      else advance(line)
    },
  }
}
