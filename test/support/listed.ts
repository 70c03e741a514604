import type { CallOptions, Inspection, LockBackend } from '@holdfast/core'

/** All entries that a backend lists. */
export async function listed(backend: LockBackend, call?: CallOptions): Promise<readonly Inspection[]> {
  const seen: Inspection[] = []
  for await (const one of backend.list?.(call) ?? []) seen.push(one)
  return seen
}
