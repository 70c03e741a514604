import { readFileSync } from 'node:fs'
import { exitCodeOf } from '../exit-codes.js'

/** The signals that are passed on to the command. Without a listener, each of them would end this process. */
const PASSED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM']
/** Signals that a terminal sends to all processes in its foreground, the command included. */
const OF_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT'])

/** The signals that this process receives. */
export interface Signals extends Disposable {
  /** Aborts with the first signal before {@link Signals.passTo}. Its reason is the name of the signal. A second one exits. */
  readonly stop: AbortSignal
  /** From now on, signals are passed on. */
  passTo(send: (signal: NodeJS.Signals) => void): void
}

/** Catches the signals, from now on. */
export function catchSignals(): Signals {
  const stopping = new AbortController()
  let take = (signal: NodeJS.Signals): void => {
    // The second one does not wait until the line has been left: the place in it ends by itself.
    if (stopping.signal.aborted) process.exit(exitCodeOf(signal))
    stopping.abort(signal)
  }
  const listener = (signal: NodeJS.Signals): void => take(signal)
  for (const signal of PASSED) process.on(signal, listener)
  return {
    stop: stopping.signal,
    passTo: (send) => {
      take = (signal) => {
        // A second INT makes many programs end without cleaning up.
        if (!OF_TERMINAL.has(signal) || !isInForeground()) send(signal)
      }
      // A signal that came while the command was being started.
      if (stopping.signal.aborted) send(stopping.signal.reason as NodeJS.Signals)
    },
    [Symbol.dispose]: () => {
      for (const signal of PASSED) process.off(signal, listener)
    },
  }
}

/** Whether the keyboard of a terminal sends its signals to this process, and so to the command too. */
function isInForeground(): boolean {
  try {
    // The name of the program, in parentheses, may contain spaces. Behind it: state, ppid, pgrp, session, tty, tpgid.
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return group === foreground
  } catch {
    return process.stdin.isTTY
  }
}
