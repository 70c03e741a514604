import type { RequestArguments } from '../spec-arguments.js'
import { type Client, Origin } from '../spec-model.js'
import type { Deferred } from '../task-queue.js'
import { type Mutant, mutant } from './mutant.js'

export const callbackMutants: readonly Mutant[] = [
  mutant(
    'calls back within request',
    class extends Origin {
      override requestLock(client: Client, args: RequestArguments, promise: Deferred): void {
        const now = { enqueue: (step: () => void) => step() }
        super.requestLock({ ...client, loop: now }, args, promise)
        if (!this.queueOf(args.name).length && ![...this.held].some(({ name }) => name === args.name)) {
          const early = this.invoke(args.callback, Object.freeze({ name: args.name, mode: args.options.mode }))
          early.catch(() => {})
        }
      }
    },
  ),
  mutant(
    'does not wait for thenables',
    class extends Origin {
      override async invoke(callback: LockGrantedCallback<unknown>, lock: Lock | null): Promise<unknown> {
        const result = callback(lock)
        const isThenable = typeof result === 'object' && result !== null && Object.hasOwn(result, 'then')
        return isThenable ? undefined : result
      }
    },
  ),
  mutant(
    'hands out locks that can be written',
    class extends Origin {
      override invoke(callback: LockGrantedCallback<unknown>, lock: Lock | null): Promise<unknown> {
        return super.invoke(callback, lock && { name: lock.name, mode: lock.mode })
      }
    },
  ),
  mutant(
    'calls back with further arguments',
    class extends Origin {
      override invoke(callback: LockGrantedCallback<unknown>, lock: Lock | null): Promise<unknown> {
        const loose = callback as (...args: readonly unknown[]) => unknown
        return super.invoke((given) => loose(given, 'more'), lock)
      }
    },
  ),
]
