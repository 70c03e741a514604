import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rules, type Rule } from '../src/index.js'

const folder = fileURLToPath(new URL('../../../examples/broken-backends', import.meta.url))
const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
// A whole run of the suite in virtual time, on a machine that may be busy.
const RUN_MS = 300_000

/** Rules of which each broken backend breaks at least one. */
const broken: Readonly<Record<string, readonly Rule[]>> = {
  'compare-then-delete.js': ['release', 'exclusion', 'refusal', 'inspection', 'extension', 'idempotence', 'eviction'],
  'own-clock.js': [
    'expiry',
    'exclusion',
    'validity',
    'extension',
    'inspection',
    'refusal',
    'release',
    'idempotence',
    'retry-after',
    'eviction',
  ],
  'cut-by-repeat.js': [
    'expiry',
    'idempotence',
    'exclusion',
    'inspection',
    'extension',
    'release',
    'refusal',
    'eviction',
  ],
  'fence-starts-anew.js': ['fences'],
  'overtaken-line.js': [
    'exclusion',
    'line',
    'inspection',
    'place',
    'idempotence',
    'refusal',
    'release',
    'extension',
    'eviction',
  ],
}

describe.concurrent('the broken backends that are shipped as examples', () => {
  it('are all tried here', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.js') && file !== 'broken.js')
    expect(files.toSorted()).toEqual(Object.keys(broken).toSorted())
  })

  it.each(Object.entries(broken))(
    '%s: the first ten lines name the rule',
    async (file, names) => {
      const { text, code } = await new Promise<{ text: string; code: unknown }>((resolve) => {
        execFile(
          process.execPath,
          [program, file, '--case', 'histories/*', '--seed', '1'],
          { cwd: folder },
          (error, stdout) => {
            resolve({ text: stdout, code: error?.code })
          },
        )
      })
      const beginning = text.split('\n').slice(0, 10).join('\n')
      expect(
        names.some((name) => beginning.includes(rules[name])),
        text,
      ).toBe(true)
      expect(code).toBe(1)
    },
    RUN_MS,
  )
})
