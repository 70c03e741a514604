import type { RequestedOptions } from '../spec-arguments.js'
import { type HeldLock, type LockRequest, Origin } from '../spec-model.js'
import { type Mutant, mutant } from './mutant.js'

/** Models that are wrong about the next request to be granted. */
export const queueMutants: readonly Mutant[] = [
  mutant(
    'grants the last who came first',
    class extends Origin {
      override grant(request: LockRequest, queue: LockRequest[]): void {
        super.grant(queue.at(-1) ?? request, queue)
      }
    },
  ),
  mutant(
    'lets readers overtake a writer that waits',
    class extends Origin {
      override isGrantable(request: LockRequest): boolean {
        return request.mode === 'shared' ? this.isCompatible(request) : super.isGrantable(request)
      }
      override processQueue(queue: LockRequest[]): void {
        for (const request of [...queue]) if (this.isGrantable(request)) this.grant(request, queue)
      }
    },
  ),
  mutant(
    'lets readers in one at a time',
    class extends Origin {
      override processQueue(queue: LockRequest[]): void {
        const [first] = queue
        if (first !== undefined && this.isGrantable(first)) this.grant(first, queue)
      }
    },
  ),
  mutant(
    'lets all readers in that wait, with a writer between them',
    class extends Origin {
      override grant(request: LockRequest, queue: LockRequest[]): void {
        super.grant(request, queue)
        if (request.mode === 'exclusive') return
        for (const reader of queue.filter(({ mode }) => mode === 'shared')) super.grant(reader, queue)
      }
    },
  ),
  mutant(
    'treats all modes as exclusive',
    class extends Origin {
      override isCompatible({ name }: LockRequest): boolean {
        return ![...this.held].some((lock) => lock.name === name)
      }
    },
  ),
  mutant(
    'lets a writer in beside readers',
    class extends Origin {
      override isCompatible({ name }: LockRequest): boolean {
        return ![...this.held].some((lock) => lock.name === name && lock.mode === 'exclusive')
      }
    },
  ),
  mutant(
    'keeps one queue for all names',
    class extends Origin {
      override queueOf(): LockRequest[] {
        return super.queueOf('all')
      }
    },
  ),
  mutant(
    'is reentrant',
    class extends Origin {
      override isCompatible({ name, client }: LockRequest): boolean {
        return ![...this.held].some((lock) => lock.name === name && lock.client !== client)
      }
    },
  ),
  mutant(
    'lets ifAvailable barge past the queue',
    class extends Origin {
      override isGrantable(request: LockRequest): boolean {
        return this.queueOf(request.name).includes(request) ? super.isGrantable(request) : this.isCompatible(request)
      }
      override admit(request: LockRequest, options: RequestedOptions): void {
        if (options.ifAvailable && this.isGrantable(request)) this.grant(request, [request])
        else super.admit(request, options)
      }
    },
  ),
  mutant(
    'gives ifAvailable nothing beside readers',
    class extends Origin {
      override admit(request: LockRequest, options: RequestedOptions): void {
        const isHeld = [...this.held].some(({ name }) => name === request.name)
        if (options.ifAvailable && isHeld) request.client.loop.enqueue(() => this.callBackWithNull(request))
        else super.admit(request, options)
      }
    },
  ),
  mutant(
    'lets ifAvailable wait',
    class extends Origin {
      override admit(request: LockRequest, options: RequestedOptions): void {
        super.admit(request, { ...options, ifAvailable: false })
      }
    },
  ),
  mutant(
    'rejects what is not available',
    class extends Origin {
      override callBackWithNull({ promise }: LockRequest): void {
        promise.reject(new DOMException('not available', 'AbortError'))
      }
    },
  ),
  mutant(
    'keeps a request in the queue while its callback runs with null',
    class extends Origin {
      override callBackWithNull(request: LockRequest): void {
        const queue = this.queueOf(request.name)
        queue.push(request)
        super.callBackWithNull(request)
        const done = (): void => void queue.splice(queue.indexOf(request), 1)
        request.promise.promise.then(done, done)
      }
    },
  ),
  mutant(
    'lets only the client that released in',
    class extends Origin {
      override releaseLock(lock: HeldLock): void {
        this.held.delete(lock)
        const queue = this.queueOf(lock.name)
        const own = queue.findIndex(({ client }) => client === lock.client)
        if (own > 0) queue.unshift(...queue.splice(own, 1))
        this.processQueue(queue)
      }
    },
  ),
]
