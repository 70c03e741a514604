import type { CaseResult } from '../suite/result.js'

/** The order to the process that runs the suite. */
export interface ChildRequest {
  readonly module: string
  readonly ids: readonly string[]
  readonly seed: number
  readonly limitMs: number
  readonly effort: number
  /** How many cases run at once in real time. */
  readonly concurrency: number
}

/** The messages of the child process. */
export type ChildMessage =
  | { readonly type: 'opened'; readonly target: string; readonly backend: string }
  | { readonly type: 'started'; readonly id: string }
  | { readonly type: 'result'; readonly result: WrittenResult }
  | { readonly type: 'alive' }
  | { readonly type: 'done' }
  | { readonly type: 'unusable'; readonly reason: string }

/** A result whose error was put in writing, to cross from one process to another. */
export type WrittenResult = Exclude<CaseResult, { status: 'failed' }> | WrittenFailure

export interface WrittenFailure extends Omit<Extract<CaseResult, { status: 'failed' }>, 'error'> {
  readonly error: { readonly name: string; readonly message: string; readonly cause: string | null }
}

export function writeResult(result: CaseResult): WrittenResult {
  if (result.status !== 'failed') return result
  const { name, message, cause } = result.error
  const because = cause instanceof Error ? `${cause.name}: ${cause.message}` : null
  return { ...result, error: { name, message, cause: because } }
}

export function readResult(written: WrittenResult): CaseResult {
  if (written.status !== 'failed') return written
  const { name, message, cause } = written.error
  const error = new Error(message, cause === null ? {} : { cause: new Error(cause) })
  error.name = name
  return { ...written, error }
}
