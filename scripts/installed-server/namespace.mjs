import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { onPath, run as output } from '../docker-rung/run.mjs'
import { Unavailable } from '../docker-rung/unavailable.mjs'

const ROOT = join(import.meta.dirname, '..', '..')
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const TESTS = ['packages/testkit/test/redis-ladder.long.test.ts', 'packages/testkit/test/redis-server.test.ts']
// Vitest runs the files among its arguments that exist: a file that was renamed would be left out without a word.
for (const test of TESTS) if (!existsSync(join(ROOT, test))) throw new Error(`there is no ${test}`)
/** The folders in which a system puts programs, and a user does not. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

/** Lays a folder over /usr/bin and goes on as a program. */
const SCRIPT = 'mount -t overlay overlay -o "lowerdir=$1:/usr/bin" /usr/bin && shift && exec "$@"'

/**
 * The command that enters a namespace in which this user may mount.
 *
 * @param {string} empty a folder to try it with
 */
export async function prepare(empty) {
  if (process.platform !== 'linux') throw new Unavailable('mount namespaces are there on Linux only')
  for (const tool of ['unshare', 'mount']) if (!onPath(tool)) throw new Unavailable(`${tool} is not on PATH`)
  const reasons = []
  // A user other than root, or root in a container, may still be the root of a new namespace.
  for (const options of [['--mount'], ['--mount', '--map-root-user']]) {
    const enter = ['unshare', ...options]
    const error = await inside(enter, empty, ['true']).then(
      () => undefined,
      (/** @type {Error} */ reason) => reason,
    )
    if (error === undefined) return enter
    reasons.push(error.message.split('\n', 1)[0])
  }
  throw new Unavailable(`nothing can be mounted over /usr/bin: ${reasons.join('; ')}`)
}

/**
 * Runs the tests where `folder` lies over /usr/bin. Answers whether they passed.
 *
 * @param {readonly string[]} enter
 * @param {string} folder
 * @param {string} name
 */
export async function run(enter, folder, name) {
  // Without this look, a run that does not find the program would pass and show nothing.
  const found = await inside(enter, folder, [process.execPath, join(import.meta.dirname, 'found.mjs')])
  if (found.trim() !== `/usr/bin/${name}`) throw new Error(`${name} is installed, and this is found: ${found}`)
  console.log(`installed ${name}: found as ${found.trim()}`)
  const [program = '', ...args] = command(enter, folder, [process.execPath, VITEST, 'run', '--root', ROOT, ...TESTS])
  const child = spawn(program, args, { env: environment(), stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code === 0
}

/** @type {(enter: readonly string[], folder: string, args: readonly string[]) => string[]} */
const command = (enter, folder, args) => [...enter, '/bin/sh', '-c', SCRIPT, 'sh', folder, ...args]

/** @type {(enter: readonly string[], folder: string, args: readonly string[]) => Promise<string>} */
async function inside(enter, folder, args) {
  const [program = '', ...rest] = command(enter, folder, args)
  return output(program, rest, { env: environment() })
}

const environment = () => ({ ...process.env, REDIS_URL: '', PATH })
