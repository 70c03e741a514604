import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { torture } from '@holdfast/testkit/torture'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-torture-ends-'))
afterAll(() => rmSync(folder, { recursive: true }))

const deeds = globalThis as { deeds?: string[] }

const TARGET = `
export default {
  name: 'faulty',
  open: async () => ({
    places: [{ name: 'memory' }],
    faults: [{ kind: 'fault', weight: 1_000, run: async () => void globalThis.deeds?.push('fault') }],
    close: async () => void globalThis.deeds?.push('close'),
  }),
  connect: async () => ({ locks: {} }),
}
`

test('a run that fails does no harm after its store is closed', async () => {
  const module = join(folder, 'target.mjs')
  writeFileSync(module, TARGET)
  const histories = join(folder, 'histories')
  const done = (deeds.deeds = [])
  const run = torture({ module, folder: histories, durationMs: 600_000, workers: 1, actors: 1 })
  // A history that cannot be read ends the run by an exception.
  const spoil = setInterval(() => {
    if (done.length > 2) writeFileSync(join(histories, 'spoiled.jsonl'), 'no event\n')
  }, 100)
  await expect(run).rejects.toThrow(SyntaxError)
  clearInterval(spoil)
  expect(done.at(-1)).toBe('close')
  // The longest time between two faults.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(done.at(-1)).toBe('close')
}, 120_000)
