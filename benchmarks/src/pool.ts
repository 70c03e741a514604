import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Answers, Task, TaskName } from './worker.js'

const START_LIMIT_MS = 30_000

/** A process of its own that runs tasks, so that a task that hangs can be ended. */
export interface Worker {
  /** The answer of the task, or `undefined` when no answer came within `limitMs`: the process is then ended. */
  run<K extends TaskName>(task: Task<K>, limitMs: number): Promise<Answers[K] | undefined>
  /** Resolves when the process can begin a task at once. */
  ready(): Promise<void>
  end(): Promise<void>
}

export function startWorker(url: string): Worker {
  let child = start(url)
  let last = 0
  const run = async <K extends TaskName>(task: Task<K>, limitMs: number): Promise<Answers[K] | undefined> => {
    if (child.exitCode !== null || child.signalCode !== null) child = start(url)
    const id = ++last
    child.send({ id, task })
    const answer = await answerTo<Answers[K]>(child, id, limitMs)
    if (answer === undefined) await kill(child)
    return answer
  }
  return {
    run,
    ready: async () => {
      if ((await run({ name: 'ready', args: null }, START_LIMIT_MS)) === undefined)
        throw new Error('a process did not start')
    },
    end: () => kill(child),
  }
}

function start(url: string): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.js'), [url], { execArgv: ['--expose-gc'], serialization: 'advanced' })
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

function answerTo<T>(child: ChildProcess, id: number, limitMs: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      then()
    }
    const onMessage = (message: unknown): void => {
      const answer = message as { readonly id: number; readonly value?: T; readonly error?: string }
      if (answer.id !== id) return
      const { error } = answer
      settle(error === undefined ? () => resolve(answer.value) : () => reject(new Error(error)))
    }
    const onExit = (): void => settle(() => resolve(undefined))
    const timer = setTimeout(() => settle(() => resolve(undefined)), limitMs)
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}
