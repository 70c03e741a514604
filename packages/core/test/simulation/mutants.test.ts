import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { allowOneMinute } from '../support/time-limit.js'
import { type Mutant, mutants } from './mutants.js'

allowOneMinute()

// By default a mutant for each of the four mechanisms of core; with HOLDFAST_MUTANTS=all every mutant, in some minutes.
const played = process.env['HOLDFAST_MUTANTS'] === 'all' ? mutants : mutants.filter(({ seed }) => seed !== undefined)

/** The number of histories within which each mutant is found. */
const SEEDS = 400

const src = join(import.meta.dirname, '../../src')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-mutants-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Replaces a piece of source while it is bundled. */
const mistake = ({ file, from, to }: Mutant): Plugin => ({
  name: 'mistake',
  setup: (bundle) => {
    bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (path !== join(src, file)) return undefined
      const source = await readFile(path, 'utf8')
      return { contents: source.replace(from, () => to), loader: 'ts' }
    })
  },
})

interface Finding {
  readonly seed: number
  readonly violations: readonly string[]
}

/** Plays histories over core with the mistake until a promise breaks. */
async function findingOf(mutant: Mutant, index: number): Promise<Finding | undefined> {
  const outfile = join(folder, `${index}.mjs`)
  const entryPoints = [join(import.meta.dirname, 'main.ts')]
  await build({
    entryPoints,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [mistake(mutant)],
    logLevel: 'error',
  })
  const { seed = 1, batches = false } = mutant
  const child = fork(outfile, [seed, SEEDS, 1, Number(batches)].map(String))
  let finding: Finding | undefined
  child.on('message', (message: Partial<Finding>) => {
    if (message.seed !== undefined) finding = message as Finding
  })
  await new Promise((resolve) => child.on('exit', resolve))
  return finding
}

test.each(mutants)('the source has once what the mutant changes that $name', async ({ file, from }) => {
  expect((await readFile(join(src, file), 'utf8')).split(from)).toHaveLength(2)
})

describe('random histories find a mistake of core that', () => {
  test.each(played.map((mutant, i) => [mutant.name, mutant, i] as const))('%s', async (_, mutant, i) => {
    const finding = await findingOf(mutant, i)
    expect(finding?.violations[0]).toMatch(mutant.finds)
  })
})
