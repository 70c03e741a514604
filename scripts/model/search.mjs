import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @import { Tools } from './tools.mjs' */

/**
 * @typedef {object} Run
 * @property {string} name
 * @property {readonly string[]} flags of the model
 * @property {string | undefined} [model] the file, `lock.pml` unless given
 * @property {string} [promise] which has to fail; absent: none may
 */
/**
 * @typedef {object} Found
 * @property {number} states
 * @property {number} transitions
 * @property {number} seconds
 * @property {string | undefined} broken the promise that failed
 * @property {boolean} isComplete no limit ended the search
 * @property {number} steps of the run that was found to break a promise
 * @property {string} output
 */

const SOURCES = join(import.meta.dirname, '../../model')
const TIMEOUT_MS = 900_000
/** The limits of a search, in MB and steps. A search that needs more is incomplete, and counts as failed. */
const MEMORY = 900
const DEPTH = 2_000_000

/**
 * Makes the verifier of one run, and searches all its states.
 * @param {Tools} tools @param {Run} run @returns {Promise<Found>}
 */
export async function search({ spin, compiler }, run) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-model-'))
  try {
    for (const file of await readdir(SOURCES)) {
      if (file.endsWith('.pml')) await copyFile(join(SOURCES, file), join(folder, file))
    }
    const { flags, model = 'lock.pml', promise } = run
    const isLive = flags.includes('-DLIVE')
    // A variant fails soon: its verifier is compiled fast, the others run fast.
    const speed = promise === undefined ? '-O1' : '-O0'
    const options = [speed, `-DMEMLIM=${MEMORY}`, '-DNOREDUCE', isLive ? '-DNFAIR=3' : '-DSAFETY', '-w']
    await execute(folder, spin, [...flags, '-a', model])
    await execute(folder, compiler, [...options, '-o', 'verify', 'pan.c'])
    const cycles = isLive ? ['-a', '-f'] : []
    return read(await execute(folder, join(folder, 'verify'), [`-m${DEPTH}`, '-n', ...cycles]))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Answers what a program printed. A verifier that reached a limit exits with 1, and has printed the limit.
 * @param {string} cwd @param {string} program @param {readonly string[]} args @returns {Promise<string>}
 */
function execute(cwd, program, args) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`
      if (error === null || output.includes('pan: ')) resolve(output)
      else reject(new Error(`${error.message}\n${output}`, { cause: error }))
    })
  })
}

/** @param {string} output @returns {Found} */
function read(output) {
  /** @param {RegExp} pattern */
  const number = (pattern) => Number(pattern.exec(output)?.[1] ?? 0)
  const errors = /errors: (\d+)/.exec(output)?.[1]
  const isStopped = /max search depth too small|Search not completed|out of memory|MEMLIM/.test(output)
  return {
    states: number(/([\d.e+]+) states, stored/),
    transitions: number(/([\d.e+]+) transitions/),
    seconds: number(/elapsed time ([\d.]+)/),
    broken: errors === '0' ? undefined : brokenIn(output),
    isComplete: errors === '0' && !isStopped,
    steps: number(/\(at depth (\d+)\)/),
    output,
  }
}

/** The model has the name of the promise at the end of each assertion. @param {string} output */
function brokenIn(output) {
  const [, promise] = /assertion violated .*\|\|(\w+)\)/.exec(output) ?? []
  if (promise !== undefined) return promise.replaceAll('_', ' ')
  if (output.includes('acceptance cycle')) return 'progress'
  return /invalid end state/.test(output) ? 'an end' : undefined
}
