import type { LockBackend } from '@holdfast/core'
import { expect, test } from 'vitest'
import { postgresBackend } from '../src/index.js'
import { claim, rejection } from './support/wait.js'

// Functions of another version give such answers, or a proxy that answers for the server.
const FOREIGN = ['', 'x', 'a', 'a 1 2', 'b', 'e e', 'released', '{}', 'null']

const answering = (answer: string): LockBackend =>
  postgresBackend({ query: async () => ({ rows: [{ answer }] }) }, { listen: false })

test.each(FOREIGN)('an answer that no function gives leaves the outcome unknown: %j', async (answer) => {
  const backend = answering(answer)
  const mine = claim()
  const two = [claim(), claim(), claim()]
  for (const call of [
    () => backend.acquire(mine),
    () => backend.extend([mine]),
    () => backend.extend(two),
    () => backend.extend([{ ...mine, fences: 2 }]),
    () => backend.release(mine),
    () => backend.inspect(mine.name),
    () => backend.evict(mine.name),
  ])
    expect(await rejection(call())).toMatchObject({ executed: 'unknown' })
})
