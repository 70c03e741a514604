import { spawn } from 'node:child_process'

/** The process groups that have not ended. @type {Set<number>} */
const running = new Set()
process.on('exit', () => {
  for (const group of running) kill(group)
})

/**
 * @typedef {object} RunOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [limitMs] after which the program and its children are killed; two minutes unless given
 */

/**
 * Runs a program to its end. Answers its standard output; rejects with the end of its output when the program fails or
 * exceeds its limit.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {RunOptions} options
 * @returns {Promise<string>}
 */
export function run(command, options) {
  const limitMs = options.limitMs ?? 120_000
  return new Promise((resolve, reject) => {
    const child = start(command, options)
    let stdout = ''
    let both = ''
    let late = false
    child.stdout?.on('data', (data) => {
      stdout += String(data)
      both += String(data)
    })
    child.stderr?.on('data', (data) => (both += String(data)))
    const timer = setTimeout(() => {
      late = true
      kill(child.pid)
    }, limitMs)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      if (code === 0 && !late) resolve(stdout)
      else reject(new Error(`${late ? `not ended within ${limitMs / 1_000} s` : `exit code ${code}`}:\n${tail(both)}`))
    })
  })
}

/**
 * Starts a program in a process group of its own, which ends with this process.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {RunOptions} options
 */
export function start([program, ...args], { cwd, env = process.env }) {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const { pid } = child
  if (pid !== undefined) {
    running.add(pid)
    child.on('close', () => running.delete(pid))
  }
  return child
}

/** Ends a program and its children. @param {number | undefined} group */
export function kill(group) {
  try {
    if (group !== undefined) process.kill(-group, 'SIGKILL')
  } catch {
    // The group has ended.
  }
}

/** The end of it, long enough for a report of the suite: its failures stand where they came up. @param {string} output */
function tail(output) {
  return output.trim().split('\n').slice(-400).join('\n')
}
