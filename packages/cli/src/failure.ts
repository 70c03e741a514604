import { isLockError, type LockErrorCode } from '@holdfast/core'
import { EXIT } from './exit-codes.js'

/** An end of `holdfast` with a message for people and an exit code. */
export class Failure extends Error {
  override readonly name: string = 'Failure'
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

/** A mistake in the command line. */
export const usageError = (message: string): Failure => new Failure(EXIT.usage, message)

const CODES: Readonly<Record<LockErrorCode, number>> = {
  LOCK_BUSY: EXIT.busy,
  LOCK_INDETERMINATE: EXIT.store,
  LOCK_LOST: EXIT.lost,
  LOCK_BACKEND: EXIT.store,
  LOCK_UNSUPPORTED: EXIT.usage,
  LOCK_CLOSED: EXIT.store,
}

/** The message and the exit code for whatever was thrown. Core throws a `TypeError` or `RangeError` for a bad name. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (isLockError(error)) return new Failure(CODES[error.code], error.message)
  return usageError(messageOf(error))
}

/** The text of an error: that of the first of several, else its code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return error.message
  if (error instanceof AggregateError) return messageOf(error.errors[0])
  return 'code' in error ? String(error.code) : error.name
}
