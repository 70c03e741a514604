import type { RequestArguments, RequestedOptions } from '../spec-arguments.js'
import { type Client, type HeldLock, type LockRequest, Origin } from '../spec-model.js'
import type { Deferred } from '../task-queue.js'
import { type Mutant, mutant } from './mutant.js'

/** Wrong about callbacks, about when a request settles, or about what aborts it. */
export const endMutants: readonly Mutant[] = [
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
  mutant(
    'rejects a holder whose signal aborts',
    class extends Origin {
      override callBack(request: LockRequest, lock: HeldLock): void {
        super.callBack(request, lock)
        request.signal?.addEventListener('abort', request.onAbort)
      }
    },
  ),
  mutant(
    'releases a lock whose signal aborts',
    class extends Origin {
      override callBack(request: LockRequest, lock: HeldLock): void {
        super.callBack(request, lock)
        request.signal?.addEventListener('abort', () => this.tasks.enqueue(() => this.releaseLock(lock)), {
          once: true,
        })
      }
    },
  ),
  mutant(
    'rejects with an AbortError in place of the reason',
    class extends Origin {
      override signalToAbort(request: LockRequest): void {
        this.tasks.enqueue(() => this.abortRequest(request))
        request.promise.reject(new DOMException('The request was aborted.', 'AbortError'))
      }
    },
  ),
  mutant(
    'calls back after an abort that raced with the grant',
    class extends Origin {
      override callBack(request: LockRequest, lock: HeldLock): void {
        super.callBack({ ...request, signal: undefined }, lock)
      }
    },
  ),
  mutant(
    'leaves an aborted request in the queue',
    class extends Origin {
      override abortRequest(): void {}
    },
  ),
  mutant(
    'forgets those behind an aborted request',
    class extends Origin {
      override processQueue(queue: LockRequest[]): void {
        if (!this.isAborting) super.processQueue(queue)
      }
      override abortRequest(request: LockRequest): void {
        this.isAborting = true
        super.abortRequest(request)
        this.isAborting = false
      }
      isAborting = false
    },
  ),
  mutant(
    'drops everybody who waits with an aborted request',
    class extends Origin {
      override abortRequest(request: LockRequest): void {
        this.queueOf(request.name).length = 0
      }
    },
  ),
  mutant(
    'rejects an aborted request only when its turn has come',
    class extends Origin {
      override signalToAbort(): void {}
      override callBack(request: LockRequest, lock: HeldLock): void {
        super.callBack(request, lock)
        if (request.signal?.aborted === true) request.promise.reject(request.signal.reason)
      }
    },
  ),
  mutant(
    'keeps the lock of a request that was aborted while it was granted',
    class extends Origin {
      override callBack(request: LockRequest, lock: HeldLock): void {
        if (request.signal?.aborted !== true) super.callBack(request, lock)
      }
    },
  ),
  mutant(
    'aborts only the first request of a signal',
    class extends Origin {
      readonly used = new Set<AbortSignal>()
      override requestLock(client: Client, args: RequestArguments, promise: Deferred): void {
        const { signal } = args.options
        const isUsed = signal !== undefined && this.used.has(signal)
        if (signal !== undefined) this.used.add(signal)
        super.requestLock(client, isUsed ? { ...args, options: { ...args.options, signal: undefined } } : args, promise)
      }
    },
  ),
]
