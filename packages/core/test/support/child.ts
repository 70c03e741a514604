import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ownTime } from '../../../../test/support/pace.js'

const LOOK_MS = 100

/** The end of a process. */
export interface Exit {
  readonly code: number | null
  /** The duration, without the time that a busy machine gave to other processes. */
  readonly tookMs: number
  readonly out: string
  readonly err: string
}

const folder = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a module in a process of its own, with the built package at hand and a store that can hang. */
export function runModule(source: string, { limitMs = 8_000 } = {}): Promise<Exit> {
  const prelude = `
    import { createLocker, memoryBackend } from './dist/index.js'
    const never = () => new Promise(() => {})
    const memory = memoryBackend()
    const hanging = (...verbs) => ({ ...memory, ...Object.fromEntries(verbs.map((verb) => [verb, never])) })
  `
  const startedAt = ownTime()
  const child = spawn(process.execPath, ['--input-type=module', '-e', prelude + source], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const looking = setInterval(() => void (ownTime() - startedAt > limitMs && child.kill('SIGKILL')), LOOK_MS)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  return new Promise<Exit>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, tookMs: ownTime() - startedAt, out: out.trim(), err: err.trim() }))
  }).finally(() => clearInterval(looking))
}
