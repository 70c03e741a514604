/**
 * From now on the lease passes to no waiter of its process: its release goes to the store, which grants the name next. For
 * a guard at the store that outlasts the lease, such as a row that a transaction has locked. Any other object stays as
 * it is.
 */
export function forbidHandOver(lease: object): void {
  // By its name, so that a lease of another copy of this package has it too.
  const method: unknown = Reflect.get(lease, 'forbidHandOver')
  if (typeof method === 'function') method.call(lease)
}
