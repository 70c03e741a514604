import type { Capabilities } from '@holdfast/core'
import type { Disturbance } from './disturbed.js'
import type { Rule } from './rules.js'
import type { OpenStore } from './target.js'
import type { World } from './world.js'

/** A capability that a backend may have or lack. */
export type Capability = Exclude<keyof Capabilities, 'scope'>

/** The needs of a case: capabilities of the backend, or abilities of the world around it. */
export type Requirement = Capability | 'foreign' | 'otherType' | 'another' | Disturbance

/** A promise of the contract, and how to find out whether a backend keeps it. */
export interface ConformanceCase {
  /** Unique and stable: `group/promise`. */
  readonly id: string
  /** Reads as a promise: "an expired lease cannot be extended". */
  readonly title: string
  /** The rule of the contract that the case is about. Default: the one that the group of its id is about. */
  readonly rule?: Rule
  /** Skipped with a printed reason unless all of these are there. */
  readonly requires?: readonly Requirement[]
  /** Skipped with a printed reason unless all of these are absent. */
  readonly without?: readonly Capability[]
  /** Runs while no other case runs, because another case's use of the handles would hide the fault. Default false. */
  readonly alone?: boolean
  /** Throws when the promise is broken. */
  run(world: World): Promise<void>
}

/** Why the case says nothing about this store, or `null` when it applies. */
export function skipReason(one: ConformanceCase, store: OpenStore): string | null {
  const all = store.backends.map((backend) => backend.capabilities)
  for (const need of one.requires ?? []) {
    if (need === 'foreign') {
      if (store.foreign === undefined) return 'the target cannot plant foreign values (no `foreign` in its store)'
    } else if (need === 'otherType') {
      if (store.foreign?.plantOtherType === undefined) return 'the target cannot plant a key of another type'
    } else if (need === 'another') {
      if (store.another === undefined) return 'the target opens no further handles (no `another` in its store)'
    } else if (isDisturbance(need)) {
      if (store.faults?.can.includes(need) !== true)
        return `the target has no fault '${need}' (in the \`faults\` of its store)`
    } else if (!all.every((capabilities) => capabilities[need])) return `the backend has no capability '${need}'`
  }
  const present = (one.without ?? []).find((capability) => all.some((capabilities) => capabilities[capability]))
  return present === undefined ? null : `only for backends without the capability '${present}'`
}

const DISTURBANCES: readonly string[] = ['loseReply', 'cut', 'duplicate', 'delay'] satisfies Disturbance[]

function isDisturbance(need: Requirement): need is Disturbance {
  return DISTURBANCES.includes(need)
}
