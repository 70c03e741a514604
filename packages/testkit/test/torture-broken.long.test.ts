import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { torture, type TortureRule } from '@holdfast/testkit/torture'

const BROKEN: readonly (readonly [file: string, rules: readonly TortureRule[]])[] = [
  ['compare-then-delete', ['exclusion']],
  ['look-then-set', ['exclusion', 'fences']],
  ['extends-anybody', ['exclusion']],
  ['forgets-fences', ['fences', 'stale-write']],
  ['tells-owner', ['secrets']],
  ['rejects-later', ['process']],
]

const fileOf = (name: string): string => fileURLToPath(new URL(`torture/broken/${name}.mjs`, import.meta.url))
const LIMIT_MS = 120_000

// A test runs until the fault is found: seconds, on a machine that is not busy.
test.each(BROKEN)(
  'a broken backend is found: %s',
  async (name, rules) => {
    const { violations } = await torture({ module: fileOf(name), durationMs: LIMIT_MS, workers: 3, actors: 6 })
    expect(rules).toContain(violations[0]?.rule)
  },
  LIMIT_MS * 2,
)

test(
  'nothing is found in a simple backend that is right',
  async () => {
    const { violations, counts } = await torture({ module: fileOf('simple'), durationMs: 8_000, workers: 3, actors: 6 })
    expect(violations).toEqual([])
    expect(counts.contended).toBeGreaterThan(0)
  },
  LIMIT_MS,
)
