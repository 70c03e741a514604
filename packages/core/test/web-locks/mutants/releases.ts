import type { RequestedOptions } from '../spec-arguments.js'
import { type HeldLock, type LockRequest, Origin } from '../spec-model.js'
import { type Mutant, mutant } from './mutant.js'

/** Models that are wrong about the moment of a release, or of the end of its request. */
export const releaseMutants: readonly Mutant[] = [
  mutant(
    'keeps the lock of a callback that failed',
    class extends Origin {
      override whenDone(lock: HeldLock, waiting: Promise<unknown>): void {
        waiting.then(() => this.releaseLock(lock)).catch(() => {})
        lock.released.resolve(waiting)
      }
    },
  ),
  mutant(
    'releases before what was asked for earlier takes effect',
    class extends Origin {
      override callbackEnded(lock: HeldLock, waiting: Promise<unknown>): void {
        this.whenDone(lock, waiting)
      }
    },
  ),
  mutant(
    'releases ahead of the requests that wait for their turn',
    class extends Origin {
      readonly early: (() => void)[] = []
      override callbackEnded(lock: HeldLock, waiting: Promise<unknown>): void {
        this.early.push(() => this.whenDone(lock, waiting))
        super.enqueue(lock.client, () => this.runEarly())
      }
      override admit(request: LockRequest, options: RequestedOptions): void {
        this.runEarly()
        super.admit(request, options)
      }
      runEarly(): void {
        for (const release of this.early.splice(0)) release()
      }
    },
  ),
  mutant(
    'settles before the release',
    class extends Origin {
      override whenDone(lock: HeldLock, waiting: Promise<unknown>): void {
        lock.released.resolve(waiting)
        for (let i = 0, later = this.tasks; i < 3; i++) later.enqueue(() => {})
        setImmediate(() => setImmediate(() => this.tasks.enqueue(() => this.releaseLock(lock))))
      }
    },
  ),
  mutant(
    'settles before those who wait are held',
    class extends Origin {
      override releaseLock(lock: HeldLock): void {
        this.held.delete(lock)
        setImmediate(() => setImmediate(() => this.tasks.enqueue(() => this.processQueue(this.queueOf(lock.name)))))
      }
    },
  ),
]
