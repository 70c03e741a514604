import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { call } from './api.mjs'
import { fetchEngine } from './packages.mjs'
import { footprint } from './footprint.mjs'
import { onPath } from './run.mjs'
import { Unavailable } from './unavailable.mjs'

const START_MS = 30_000
const STOP_MS = 30_000

/** The address of Docker by the environment, or its usual address. */
export const hostOf = () => process.env.DOCKER_HOST || 'unix:///var/run/docker.sock'

/** @param {string} host */
export const answers = (host) =>
  call(host, 'GET', '/_ping').then(
    () => true,
    () => false,
  )

/**
 * Starts an engine below `directory`, which leaves the network rules of this machine alone.
 *
 * @param {string} directory
 */
export async function startEngine(directory) {
  if (process.platform !== 'linux')
    throw new Unavailable('no Docker engine answers, and one can be started on Linux only')
  if (process.getuid?.() !== 0) throw new Unavailable('no Docker engine answers, and only root can start one')
  const env = onPath('dockerd') ? { ...process.env } : await fetchEngine(directory)
  const before = await footprint()
  const host = `unix://${join(directory, 'docker.sock')}`
  const log = join(directory, 'dockerd.log')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'daemon.json'), '{}')
  const output = await open(log, 'w')
  const daemon = spawn('dockerd', argumentsFor(directory, host), { env, stdio: ['ignore', output.fd, output.fd] })
  const exited = once(daemon, 'exit').catch(() => {})
  // Should this process be ended, the daemon must not stay behind.
  const killNow = () => void daemon.kill('SIGKILL')
  process.once('exit', killNow)

  const stop = async () => {
    daemon.kill('SIGTERM')
    const late = new AbortController()
    await Promise.race([exited, sleep(STOP_MS, undefined, { signal: late.signal }).catch(() => {})])
    late.abort()
    killNow()
    await exited
    process.off('exit', killNow)
    await output.close()
    await before.restore(directory)
  }
  for (const until = Date.now() + START_MS; Date.now() < until && daemon.exitCode === null; await sleep(50)) {
    if (await answers(host)) {
      const { Version } = JSON.parse(await call(host, 'GET', '/version'))
      console.log(`docker rung: started Docker ${Version}`)
      return { host, stop }
    }
  }
  const said = existsSync(log) ? (await readFile(log, 'utf8')).trim().split('\n').slice(-3).join(' | ') : ''
  await stop()
  throw new Unavailable(`no Docker engine answers, and dockerd does not start here: ${said}`)
}

/**
 * Everything below one directory, and no packet filter: its proxy alone makes a port reachable from this machine.
 *
 * @param {string} directory
 * @param {string} host
 */
const argumentsFor = (directory, host) => [
  ...['--host', host, '--config-file', join(directory, 'daemon.json'), '--pidfile', join(directory, 'dockerd.pid')],
  ...['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec'), '--storage-driver', 'vfs'],
  ...['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
]
