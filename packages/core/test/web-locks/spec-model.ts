import { convertArguments, type RequestArguments, type RequestedOptions } from './spec-arguments.js'
import { type Deferred, deferred, type TaskQueue, taskQueue } from './task-queue.js'

// The Web Locks specification (https://w3c.github.io/web-locks/), step by step: a method for each of its algorithms,
// under the same name. Not for use, for it has no store; it says what is right where an implementation and the suite
// disagree. A mutant overrides one method.

export interface Client {
  readonly id: string
  /** The event loop in which its callbacks run. */
  readonly loop: TaskQueue
}

export interface LockRequest {
  readonly client: Client
  readonly name: string
  readonly mode: LockMode
  readonly callback: LockGrantedCallback<unknown>
  readonly promise: Deferred
  readonly signal: AbortSignal | undefined
  /** The algorithm "signal to abort the request", as it was added to the signal. */
  readonly onAbort: () => void
}

export interface HeldLock {
  readonly client: Client
  readonly name: string
  readonly mode: LockMode
  readonly released: Deferred
}

/** The lock manager of one origin: what its clients share. */
export class Origin {
  readonly tasks: TaskQueue = taskQueue()
  readonly queues = new Map<string, LockRequest[]>()
  readonly held = new Set<HeldLock>()
  clients = 0

  /** Another client, with a `LockManager` of its own. */
  client(): LockManager {
    const client = { id: this.nextClientId(), loop: taskQueue() }
    const manager = {
      request: (...args: readonly unknown[]): Promise<unknown> => this.request(client, args),
      query: (): Promise<LockManagerSnapshot> => this.query(client),
    }
    return manager as LockManager
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
    this.tasks.enqueue(() => this.admit(request, options))
  }

  /** What "request a lock" enqueues. */
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
      lock.released.reject(new DOMException('The lock was stolen by another request.', 'AbortError'))
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
      this.tasks.enqueue(() => this.releaseLock(lock))
      return
    }
    signal?.removeEventListener('abort', onAbort)
    const waiting = this.invoke(callback, Object.freeze({ name: lock.name, mode: lock.mode }))
    const done = (): void => this.tasks.enqueue(() => this.whenDone(lock, waiting))
    waiting.then(done, done)
  }

  callBackWithNull({ callback, promise }: LockRequest): void {
    promise.resolve(this.invoke(callback, null))
  }

  /** What a callback throws is a rejection, what it returns is resolved: it is declared to return a promise. */
  async invoke(callback: LockGrantedCallback<unknown>, lock: Lock | null): Promise<unknown> {
    return callback(lock)
  }

  /** When the waiting promise of a lock settles. */
  whenDone(lock: HeldLock, waiting: Promise<unknown>): void {
    this.releaseLock(lock)
    lock.released.resolve(waiting)
  }

  releaseLock(lock: HeldLock): void {
    this.held.delete(lock)
    this.processQueue(this.queueOf(lock.name))
  }

  signalToAbort(request: LockRequest): void {
    this.tasks.enqueue(() => this.abortRequest(request))
    request.promise.reject(request.signal?.reason)
  }

  abortRequest(request: LockRequest): void {
    const queue = this.queueOf(request.name)
    const place = queue.indexOf(request)
    if (place >= 0) queue.splice(place, 1)
    this.processQueue(queue)
  }

  query(_client: Client): Promise<LockManagerSnapshot> {
    return new Promise((resolve) => this.tasks.enqueue(() => resolve(this.snapshot(_client))))
  }

  snapshot(_client: Client): LockManagerSnapshot {
    return { held: [...this.held].map(infoOf), pending: [...this.queues.values()].flat().map(infoOf) }
  }
}

/** A fresh origin that keeps to the specification. */
export function modelOrigin(): Origin {
  return new Origin()
}

function infoOf({ name, mode, client }: LockRequest | HeldLock): LockInfo {
  return { name, mode, clientId: client.id }
}

function notSupported(what: string): DOMException {
  return new DOMException(`${what} is not supported`, 'NotSupportedError')
}
