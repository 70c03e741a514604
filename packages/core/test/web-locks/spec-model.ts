import { convertArguments, type RequestArguments, type RequestedOptions } from './spec-arguments.js'
import { type Client, type HeldLock, infoOf, type LockRequest } from './spec-state.js'
import { type Deferred, deferred, type TaskQueue, taskQueue } from './task-queue.js'

export type { Client, HeldLock, LockRequest } from './spec-state.js'

// The Web Locks specification (https://w3c.github.io/web-locks/), step by step: a method for each of its algorithms,
// under the same name. The model has no store, and is not for use: it shows the right answer where an implementation
// and the suite disagree. A mutant overrides one method.

/** The lock manager of an origin, shared by its clients. */
export class Origin {
  readonly tasks: TaskQueue = taskQueue()
  readonly queues = new Map<string, LockRequest[]>()
  readonly held = new Set<HeldLock>()
  clients = 0

  /** A new client, with a `LockManager` of its own. */
  client(): LockManager {
    const client = { id: this.nextClientId(), loop: this.eventLoop() }
    const manager = {
      request: (...args: readonly unknown[]): Promise<unknown> => this.request(client, args),
      query: (): Promise<LockManagerSnapshot> => this.query(client),
    }
    return manager as LockManager
  }

  eventLoop(): TaskQueue {
    return taskQueue()
  }

  /** "Enqueue the following steps to the lock task queue", if a client does so. */
  enqueue(_client: Client, step: () => void): void {
    this.tasks.enqueue(step)
  }

  /** Resolves or rejects a promise of a client. */
  settle(_client: Client, step: () => void): void {
    step()
  }

  nextClientId(): string {
    return `client-${++this.clients}`
  }

  async request(client: Client, args: readonly unknown[]): Promise<unknown> {
    const converted = this.convert(args)
    this.check(converted)
    const promise = deferred()
    this.requestLock(client, converted, promise)
    return promise.promise
  }

  convert(args: readonly unknown[]): RequestArguments {
    return convertArguments(args)
  }

  check({ name, options: { steal, ifAvailable, mode, signal } }: RequestArguments): void {
    if (name.startsWith('-')) throw notSupported('a name that begins with "-"')
    if (steal && ifAvailable) throw notSupported('steal with ifAvailable')
    if (steal && mode !== 'exclusive') throw notSupported('steal in another mode than "exclusive"')
    if (signal !== undefined && (steal || ifAvailable)) throw notSupported('a signal with steal or ifAvailable')
    if (signal?.aborted === true) throw signal.reason
  }

  requestLock(client: Client, { name, options, callback }: RequestArguments, promise: Deferred): void {
    const { mode, signal } = options
    const onAbort = (): void => this.signalToAbort(request)
    const request: LockRequest = { client, name, mode, callback, promise, signal, onAbort }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.enqueue(client, () => this.admit(request, options))
  }

  /** The steps that "request a lock" enqueues. */
  admit(request: LockRequest, { steal, ifAvailable }: RequestedOptions): void {
    const queue = this.queueOf(request.name)
    if (steal) {
      this.stealFrom(request)
      queue.unshift(request)
    } else if (ifAvailable && !this.isGrantable(request)) {
      request.client.loop.enqueue(() => this.callBackWithNull(request))
      return
    } else {
      queue.push(request)
    }
    this.processQueue(queue)
  }

  stealFrom({ name }: LockRequest): void {
    for (const lock of this.held) {
      if (lock.name !== name) continue
      this.held.delete(lock)
      const stolen = new DOMException('The lock was stolen by another request.', 'AbortError')
      this.settle(lock.client, () => lock.released.reject(stolen))
    }
  }

  queueOf(name: string): LockRequest[] {
    const queue = this.queues.get(name) ?? []
    this.queues.set(name, queue)
    return queue
  }

  isGrantable(request: LockRequest): boolean {
    const [first = request] = this.queueOf(request.name)
    return first === request && this.isCompatible(request)
  }

  isCompatible({ name, mode }: LockRequest): boolean {
    const holders = [...this.held].filter((lock) => lock.name === name)
    return mode === 'exclusive' ? holders.length === 0 : holders.every((lock) => lock.mode === 'shared')
  }

  processQueue(queue: LockRequest[]): void {
    for (const request of [...queue]) {
      if (!this.isGrantable(request)) return
      this.grant(request, queue)
    }
  }

  grant(request: LockRequest, queue: LockRequest[]): void {
    queue.splice(queue.indexOf(request), 1)
    const { client, name, mode, promise } = request
    const lock: HeldLock = { client, name, mode, released: promise }
    this.held.add(lock)
    client.loop.enqueue(() => this.callBack(request, lock))
  }

  callBack(request: LockRequest, lock: HeldLock): void {
    const { signal, onAbort, callback } = request
    if (signal?.aborted === true) {
      this.enqueue(lock.client, () => this.releaseLock(lock))
      return
    }
    signal?.removeEventListener('abort', onAbort)
    const waiting = this.invoke(callback, Object.freeze({ name: lock.name, mode: lock.mode }))
    const done = (): void => this.callbackEnded(lock, waiting)
    waiting.then(done, done)
  }

  /** "Upon fulfillment or rejection of the waiting promise, enqueue the following steps". */
  callbackEnded(lock: HeldLock, waiting: Promise<unknown>): void {
    this.enqueue(lock.client, () => this.whenDone(lock, waiting))
  }

  callBackWithNull({ callback, promise }: LockRequest): void {
    promise.resolve(this.invoke(callback, null))
  }

  /** A callback is declared to return a promise: an error that it throws becomes a rejection of this promise. */
  async invoke(callback: LockGrantedCallback<unknown>, lock: Lock | null): Promise<unknown> {
    return callback(lock)
  }

  /** The steps after the waiting promise of a lock has settled. */
  whenDone(lock: HeldLock, waiting: Promise<unknown>): void {
    this.releaseLock(lock)
    this.settle(lock.client, () => lock.released.resolve(waiting))
  }

  releaseLock(lock: HeldLock): void {
    this.held.delete(lock)
    this.processQueue(this.queueOf(lock.name))
  }

  signalToAbort(request: LockRequest): void {
    this.enqueue(request.client, () => this.abortRequest(request))
    request.promise.reject(request.signal?.reason)
  }

  abortRequest(request: LockRequest): void {
    const queue = this.queueOf(request.name)
    const place = queue.indexOf(request)
    if (place >= 0) queue.splice(place, 1)
    this.processQueue(queue)
  }

  query(client: Client): Promise<LockManagerSnapshot> {
    return new Promise((resolve) =>
      this.enqueue(client, () => {
        const snapshot = this.snapshot(client)
        client.loop.enqueue(() => resolve(snapshot))
      }),
    )
  }

  snapshot(_client: Client): LockManagerSnapshot {
    return { held: [...this.held].map(infoOf), pending: [...this.queues.values()].flat().map(infoOf) }
  }
}

/** A new origin that follows the specification. */
export function modelOrigin(): Origin {
  return new Origin()
}

function notSupported(what: string): DOMException {
  return new DOMException(`${what} is not supported`, 'NotSupportedError')
}
