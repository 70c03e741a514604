import type { Clock } from '../clock.js'
import { inSlices } from './slices.js'

/** Something that ends early when a signal aborts. */
export interface Abortable {
  abort(reason: unknown): void
}

/**
 * The callers' signals. Each has one listener, however many acquisitions it governs: Node warns of more than ten. The
 * acquisitions of an aborted signal are woken in slices, so each of them asks the signal itself whether it has ended.
 */
export interface AbortListeners {
  add(signal: AbortSignal, abortable: Abortable): void
  delete(signal: AbortSignal, abortable: Abortable): void
  /** Acts on a signal that has aborted, also when a listener of the caller has kept its event from arriving here. */
  check(signal: AbortSignal | undefined): void
}

interface Watched {
  readonly abortables: Set<Abortable>
  readonly onAbort: () => void
}

/** The reason of an aborted signal. A signal of another author may have none, and may throw. */
export function reasonOf(signal: AbortSignal): unknown {
  try {
    if (signal.reason !== undefined) return signal.reason
  } catch {}
  return new DOMException('This operation was aborted', 'AbortError')
}

/** As `signal.throwIfAborted()`, which a signal of a polyfill may lack. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw reasonOf(signal)
}

export function createAbortListeners(clock: Clock): AbortListeners {
  const watched = new Map<AbortSignal, Watched>()

  const watch = (signal: AbortSignal): Watched => {
    const abortables = new Set<Abortable>()
    let aborted = false
    const onAbort = (): void => {
      if (aborted) return
      aborted = true
      void inSlices(clock, abortables, (abortable) => {
        if (abortables.has(abortable)) abortable.abort(reasonOf(signal))
      })
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
      try {
        signal.removeEventListener('abort', entry.onAbort)
      } catch {}
    },
    check: (signal) => {
      if (signal?.aborted === true) watched.get(signal)?.onAbort()
    },
  }
}
