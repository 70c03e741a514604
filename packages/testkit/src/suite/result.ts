import type { Rule } from './rules.js'

/** How one case ended. */
export type CaseResult = CasePassed | CaseFailed | CaseSkipped

/** The backend kept the promise of the case. */
export interface CasePassed {
  readonly status: 'passed'
  readonly id: string
  readonly title: string
  readonly durationMs: number
}

/** The backend broke the promise of the case, threw, or did not answer in time. */
export interface CaseFailed {
  readonly status: 'failed'
  readonly id: string
  readonly title: string
  readonly durationMs: number
  /**
   * `'promise'`: an answer broke the promise. `'threw'`: the backend threw. `'timeout'`: the backend did not answer in
   * time. `'target'`: the target made a mistake, and nothing is said about its backend.
   */
  readonly by: 'promise' | 'threw' | 'timeout' | 'target'
  readonly error: Error
  /** The rule of the contract that was broken, or that the case is about. */
  readonly rule: Rule
  /** The last calls before the failure, as text, oldest first. */
  readonly calls: readonly string[]
}

/** The backend lacks a capability that the case needs. */
export interface CaseSkipped {
  readonly status: 'skipped'
  readonly id: string
  readonly title: string
  readonly reason: string
}
