import { connect, type Clients } from './locks/clients.js'
import { crowd } from './tasks/crowd.js'
import { handOver } from './tasks/hand-over.js'
import { hold } from './tasks/hold.js'

// A process that runs one task after the other for its parent. See pool.ts.

/** Answers when this process has loaded and connected. */
const ready = async (_clients: Clients, _args: null): Promise<true> => true

const TASKS = { crowd, handOver, hold, ready }

export type TaskName = keyof typeof TASKS
export type Arguments = { readonly [K in TaskName]: Parameters<(typeof TASKS)[K]>[1] }
export type Answers = { readonly [K in TaskName]: Awaited<ReturnType<(typeof TASKS)[K]>> }
export interface Task<K extends TaskName> {
  readonly name: K
  readonly args: Arguments[K]
}

const clients = connect(process.argv[2] ?? '')
// A peer that gives up a wait may leave a rejection: no reason for this process to end.
process.on('unhandledRejection', () => {})
process.on('disconnect', () => process.exit())

async function run<K extends TaskName>({ name, args }: Task<K>): Promise<unknown> {
  const task = TASKS[name] as (clients: unknown, args: unknown) => Promise<unknown>
  return task(await clients, args)
}

process.on('message', ({ id, task }: { readonly id: number; readonly task: Task<TaskName> }) => {
  run(task).then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  )
})
