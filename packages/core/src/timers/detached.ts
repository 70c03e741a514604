/** Runs a function in some async context and answers its result. */
export type RunIn = <R>(work: () => R) => R

interface AsyncHooks {
  readonly AsyncLocalStorage?: { snapshot?(): RunIn }
}

const runHere: RunIn = (work) => work()

// Asked for at run time: core imports no built-in, and a platform without one has no async contexts to leak.
const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
const hooks = process?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined

/**
 * The present async context, to run something in it later: the values of every `AsyncLocalStorage` as they are now.
 * On a platform without `AsyncLocalStorage.snapshot` the work runs in the context of its caller.
 */
export function currentContext(): RunIn {
  return hooks?.AsyncLocalStorage?.snapshot?.() ?? runHere
}

/**
 * Runs work that belongs to no caller, such as a timer or a subscription, outside of the async context of the
 * caller that happened to start it: in the context in which this module was loaded.
 */
export const runDetached: RunIn = currentContext()
