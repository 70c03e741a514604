import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { rules } from '../src/index.js'

const folder = fileURLToPath(new URL('../../../examples/broken-backends', import.meta.url))
const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
// A whole run of the suite in virtual time, on a machine that may be busy.
const RUN_MS = 300_000

const broken = [
  'compare-then-delete.js',
  'cut-by-repeat.js',
  'fence-starts-anew.js',
  'overtaken-line.js',
  'own-clock.js',
]

describe.concurrent('the broken backends that are shipped as examples', () => {
  it('are all tried here', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.js') && file !== 'broken.js')
    expect(files.toSorted()).toEqual(broken)
  })

  it.each(broken)(
    '%s: the first ten lines name the rule',
    async (file) => {
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
        Object.values(rules).some((rule) => beginning.includes(rule)),
        text,
      ).toBe(true)
      expect(code).toBe(1)
    },
    RUN_MS,
  )
})
