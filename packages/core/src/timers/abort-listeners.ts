/** Who is told when a signal aborts. */
export interface Abortable {
  abort(reason: unknown): void
}

/** The callers' signals, each with one listener, however many acquisitions it governs: more than ten draw a warning. */
export interface AbortListeners {
  add(signal: AbortSignal, abortable: Abortable): void
  delete(signal: AbortSignal, abortable: Abortable): void
}

interface Watched {
  readonly abortables: Set<Abortable>
  readonly onAbort: () => void
}

export function createAbortListeners(): AbortListeners {
  const watched = new Map<AbortSignal, Watched>()

  const watch = (signal: AbortSignal): Watched => {
    const abortables = new Set<Abortable>()
    const onAbort = (): void => {
      for (const abortable of [...abortables]) abortable.abort(signal.reason)
    }
    signal.addEventListener('abort', onAbort)
    const entry = { abortables, onAbort }
    watched.set(signal, entry)
    return entry
  }

  return {
    add: (signal, abortable) => (watched.get(signal) ?? watch(signal)).abortables.add(abortable),
    delete: (signal, abortable) => {
      const entry = watched.get(signal)
      if (entry === undefined) return
      entry.abortables.delete(abortable)
      if (entry.abortables.size > 0) return
      watched.delete(signal)
      signal.removeEventListener('abort', entry.onAbort)
    },
  }
}
