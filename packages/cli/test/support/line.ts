import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker } from '@holdfast/core'
import { Redis } from 'ioredis'
import { expect } from 'vitest'
import { eventually } from '../../../../test/support/eventually.js'

/** Waits until `count` claims wait in line for a name. */
export async function waiting({ url }: { readonly url: string }, name: string, count: number): Promise<void> {
  const client = new Redis(url)
  client.on('error', () => {})
  const locks = createLocker({ backend: ioredisBackend(client) })
  try {
    await eventually(async () => expect((await locks.inspect(name))?.waiting ?? 0).toBe(count))
  } finally {
    await locks.close()
    client.disconnect()
  }
}
