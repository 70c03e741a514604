/** The members of redlock 5 that are called here: its own types cannot be reached through its `exports`. */
declare module 'redlock' {
  import type { Redis } from 'ioredis'

  interface Settings {
    readonly retryCount?: number
  }

  interface Lock {
    release(): Promise<unknown>
  }

  export default class Redlock {
    constructor(clients: Iterable<Redis>, settings?: Settings)
    on(event: 'error', listener: (error: Error) => void): this
    acquire(resources: string[], durationMs: number, settings?: Settings): Promise<Lock>
    using<T>(resources: string[], durationMs: number, settings: Settings, routine: () => Promise<T>): Promise<T>
  }

  export class ExecutionError extends Error {}
}
