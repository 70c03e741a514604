/** The members of redlock 5 that are called here: its own types cannot be reached through its `exports`. */
declare module 'redlock' {
  import type { Redis } from 'ioredis'

  interface Settings {
    readonly retryCount?: number
    readonly retryDelay?: number
    readonly retryJitter?: number
    readonly driftFactor?: number
    readonly automaticExtensionThreshold?: number
  }

  interface Lock {
    readonly expiration: number
    readonly value: string
    extend(durationMs: number): Promise<Lock>
    release(): Promise<unknown>
  }

  export default class Redlock {
    constructor(clients: Iterable<Redis>, settings?: Settings)
    on(event: 'error', listener: (error: Error) => void): this
    acquire(resources: string[], durationMs: number, settings?: Settings): Promise<Lock>
    using<T>(resources: string[], durationMs: number, routine: (signal: AbortSignal) => Promise<T>): Promise<T>
    quit(): Promise<void>
  }

  export class ExecutionError extends Error {}
  export class ResourceLockedError extends Error {}
}

/** The members of async-mutex that are called here: its own types cannot be reached through its `exports`. */
declare module 'async-mutex' {
  type Release = () => void

  interface MutexInterface {
    acquire(): Promise<Release>
    runExclusive<T>(callback: () => Promise<T> | T): Promise<T>
    waitForUnlock(): Promise<void>
    isLocked(): boolean
    release(): void
    cancel(): void
  }

  export class Mutex implements MutexInterface {
    acquire(): Promise<Release>
    runExclusive<T>(callback: () => Promise<T> | T): Promise<T>
    waitForUnlock(): Promise<void>
    isLocked(): boolean
    release(): void
    cancel(): void
  }

  export class Semaphore {
    constructor(value: number)
    acquire(): Promise<[number, Release]>
    isLocked(): boolean
    getValue(): number
  }

  export function withTimeout(mutex: Mutex, timeoutMs: number): MutexInterface
  export function tryAcquire(mutex: Mutex): MutexInterface
  export const E_TIMEOUT: Error
  export const E_ALREADY_LOCKED: Error
  export const E_CANCELED: Error
}
