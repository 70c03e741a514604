import type { RequestArguments } from '../spec-arguments.js'
import { type Client, type HeldLock, type LockRequest, Origin } from '../spec-model.js'
import type { Deferred } from '../task-queue.js'
import { type Mutant, mutant } from './mutant.js'

export const signalMutants: readonly Mutant[] = [
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
