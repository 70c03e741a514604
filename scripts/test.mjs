// `node scripts/test.mjs …`: `vitest run …`, and then, one after the other, the tests that a busy machine did not let
// judge: a test that fails on any machine must not pass for one that had no time. Ends with the counts of both.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @typedef {{ file: string, name: string }} Unjudged */
/** @typedef {{ passed: number, failed: number, skipped: number, unjudged: Unjudged[] }} Result written by the reporter */

const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @param {string[]} args @returns {Promise<number>} */
async function main(args) {
  const first = await run('first', args)
  if (first.result === null) return first.code || 1
  const { unjudged } = first.result
  if (unjudged.length === 0) return end(first.code, first.result)
  process.stdout.write(`\n${unjudged.length} not judged on a busy machine: once more, one after the other.\n`)
  const again = await run('again', [...alone(unjudged), ...settingsOf(args)])
  if (again.result === null) return again.code || 1
  const { passed, failed } = again.result
  return end(first.code || again.code, {
    passed: first.result.passed + passed,
    failed: first.result.failed + failed,
    skipped: Math.max(0, first.result.skipped - passed - failed),
  })
}

/** @param {number} code @param {{ passed: number, failed: number, skipped: number }} counts */
function end(code, { passed, failed, skipped }) {
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  // A run without a judged test proves nothing.
  return passed + failed === 0 ? 1 : code
}

/** The files and names of these tests. @param {Unjudged[]} tests @returns {string[]} */
function alone(tests) {
  const names = tests.map(({ name }) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const files = new Set(tests.map(({ file }) => file))
  return [...files, '--testNamePattern', `^(${names.join('|')})$`, '--maxWorkers', '1', '--maxConcurrency', '1']
}

/** The configuration file, if one is given; the rest chooses tests. @param {string[]} args @returns {string[]} */
function settingsOf(args) {
  const at = args.indexOf('--config')
  return at < 0 ? [] : args.slice(at, at + 2)
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<{ code: number, result: Result | null }>} no result: vitest ended before its tests did
 */
async function run(name, args) {
  const file = join(folder, `${name}.json`)
  const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs')
  const env = { ...process.env, HOLDFAST_RESULT: file }
  const child = spawn(process.execPath, [vitest, 'run', ...args], { stdio: 'inherit', env })
  const [code] = await once(child, 'exit')
  try {
    return { code: code ?? 1, result: JSON.parse(readFileSync(file, 'utf8')) }
  } catch {
    return { code: code ?? 1, result: null }
  }
}
