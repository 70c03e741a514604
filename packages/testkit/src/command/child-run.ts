import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CaseResult } from '../suite/result.js'
import { type ChildMessage, type ChildRequest, readResult } from './messages.js'

/** How a process that ran the suite came to its end. */
export type ChildEnd =
  | { readonly type: 'done' }
  | { readonly type: 'stopped' }
  | { readonly type: 'unusable'; readonly reason: string }
  /** The process ended, or stopped answering, while these cases ran. */
  | { readonly type: 'crashed'; readonly reason: string; readonly running: readonly string[]; readonly opened: boolean }

export interface ChildListener {
  readonly onOpened: (target: string, backend: string) => void
  readonly onStarted: (id: string) => void
  /** Answers whether the run goes on. */
  readonly onResult: (result: CaseResult) => boolean
}

const PROGRAM = fileURLToPath(new URL('./child.js', import.meta.url))
/**
 * The process sends a message each half second. After a silence of the limit and this time, its event loop is blocked.
 */
const SILENCE_MS = 5_000
const STDERR_CHARACTERS = 2_000

/** Runs cases in a process of their own. Never rejects. */
export function runChild(request: ChildRequest, listener: ChildListener): Promise<ChildEnd> {
  return new Promise((resolve) => {
    const child = fork(PROGRAM, [JSON.stringify(request)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const running = new Set<string>()
    let end: ChildEnd | null = null
    let opened = false
    let errors = ''
    child.stdout?.resume()
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-STDERR_CHARACTERS)
    })
    const crash = (reason: string): ChildEnd => {
      const said = errors.trim()
      return { type: 'crashed', reason: said === '' ? reason : `${reason}\n${said}`, running: [...running], opened }
    }
    const finish = (how: ChildEnd): void => {
      end ??= how
      child.kill('SIGKILL')
    }
    let watchdog: ReturnType<typeof setTimeout>
    const heard = (): void => {
      clearTimeout(watchdog)
      const silence = request.limitMs + SILENCE_MS
      watchdog = setTimeout(() => finish(crash(`the event loop was blocked for ${silence} ms`)), silence)
    }
    heard()
    child.on('message', (message: ChildMessage) => {
      heard()
      if (message.type === 'opened') {
        opened = true
        listener.onOpened(message.target, message.backend)
      } else if (message.type === 'started') {
        running.add(message.id)
        listener.onStarted(message.id)
      } else if (message.type === 'result') {
        running.delete(message.result.id)
        if (!listener.onResult(readResult(message.result))) finish({ type: 'stopped' })
      } else if (message.type === 'unusable') finish({ type: 'unusable', reason: message.reason })
      else if (message.type === 'done') finish({ type: 'done' })
    })
    child.on('error', (error) => finish(crash(error.message)))
    child.on('close', (code, signal) => {
      clearTimeout(watchdog)
      resolve(end ?? crash(`the process ended with ${signal ?? `code ${code}`}`))
    })
  })
}
