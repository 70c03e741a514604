import { exitCodeOf } from '../exit-codes.js'

const CTRL_C = '\u0003'
const ENDS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The request of a person or another process to end a live table. */
export interface Ending extends Disposable {
  /** Aborts with the exit code as its reason: 0 by INT and by the keys q and Ctrl-C, else by the signal. */
  readonly signal: AbortSignal
}

/** Waits for signals and, on a terminal, for keys. */
export function awaitEnding(): Ending {
  const ending = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => ending.abort(signal === 'SIGINT' ? 0 : exitCodeOf(signal))
  const onKey = (key: Buffer): void => {
    if (/[qQ]/.test(String(key)) || String(key).includes(CTRL_C)) ending.abort(0)
  }
  const { stdin } = process
  for (const signal of ENDS) process.on(signal, onSignal)
  if (stdin.isTTY) stdin.setRawMode(true).on('data', onKey).resume()
  return {
    signal: ending.signal,
    [Symbol.dispose]: () => {
      for (const signal of ENDS) process.off(signal, onSignal)
      if (stdin.isTTY) stdin.setRawMode(false).off('data', onKey).pause()
    },
  }
}
