import { constants } from 'node:os'

/** The exit codes of `holdfast`, apart from those of the command that `holdfast run` runs. */
export const EXIT = {
  ok: 0,
  /** `inspect` and `release`: the name is not held. */
  notHeld: 1,
  /** The lock was lost while the command ran. The command was ended, if it still ran. */
  lost: 122,
  /** The store cannot be reached, refused, or gave no certain answer. */
  store: 123,
  /** The name is held by others: with `--try` at once, with `--wait` until the time was over. */
  busy: 124,
  /** A mistake in the command line or in the module of `--module`, or the store cannot do it. */
  usage: 125,
  notExecutable: 126,
  notFound: 127,
} as const

/** The exit code of a process that a signal ended, as shells write it: 128 and the number of the signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}
