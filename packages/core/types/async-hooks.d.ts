// What core uses of Node's types, so that the rest of it is built without them.
declare module 'node:async_hooks' {
  export class AsyncLocalStorage<T> {
    getStore(): T | undefined
    run<R>(store: T, work: () => R): R
  }
}
