/** The process that runs the suite. Whatever the backend does to this process, its parent writes the report. */
import { conformanceCases } from '../cases/index.js'
import { runConformance } from '../suite/run.js'
import { noteStray } from '../suite/strays.js'
import { load } from './load.js'
import { type ChildMessage, type ChildRequest, writeResult } from './messages.js'

const HEARTBEAT_MS = 500
const request = JSON.parse(process.argv[2] ?? '{}') as ChildRequest
const send = (message: ChildMessage): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(message, undefined, undefined, () => resolve())
  })

// A rejection that no caller awaits fails the case that it came from, or else ends this process, which is reported too.
const stray = (thrown: unknown): void => {
  if (noteStray(thrown)) return
  process.stderr.write(
    `outside of any case: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
  )
  process.exit(70)
}
process.on('unhandledRejection', stray)
process.on('uncaughtException', stray)
setInterval(() => void send({ type: 'alive' }), HEARTBEAT_MS)

try {
  const target = await load(request.module)
  const open = async (): ReturnType<typeof target.open> => {
    const store = await target.open()
    const [first] = Array.isArray(store?.backends) ? store.backends : []
    void send({ type: 'opened', target: target.name, backend: String(first?.name) })
    return store
  }
  const { seed, limitMs, effort, concurrency } = request
  const report = await runConformance(
    { ...target, open },
    {
      cases: conformanceCases.filter(({ id }) => request.ids.includes(id)),
      seed,
      limitMs,
      effort,
      concurrency,
      onStart: ({ id }) => void send({ type: 'started', id }),
      onResult: (result) => void send({ type: 'result', result: writeResult(result) }),
    },
  )
  const closing = report.failed.find(({ id }) => id === 'target/close')
  if (closing !== undefined) await send({ type: 'result', result: writeResult(closing) })
  await send({ type: 'done' })
} catch (error) {
  await send({ type: 'unusable', reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
}
// A backend that hangs keeps its connections open: the process ends all the same.
process.exit(0)
