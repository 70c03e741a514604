/** A worker process: plays scenarios on a few names and writes down what it sees. Ends with its orchestrator. */
import { createLocker, type Locker, type LockObserver } from '@holdfast/core'
import { now } from '../history/event.js'
import { record, type Recorder } from '../history/file.js'
import { loadTarget } from '../load.js'
import type { Connection } from '../target.js'
import { random, seedFor } from '../../suite/random.js'
import type { FromWorker, ToWorker, WorkerOrder } from './messages.js'
import { exclusiveKinds, sharedKinds } from './draw.js'
import { resume } from './handles.js'
import { type Scenario, scenarios } from './scenarios.js'
import { type SecretWatch, watchSecrets } from './secrets.js'
import { pause, type Tools } from './tools.js'

const TICK_MS = 100
const LATE_MS = 250
const DRAIN_MS = 60_000
const WRITE_MS = 10_000

const order = JSON.parse(process.argv[2] ?? '{}') as WorkerOrder
const history = record(order.folder, order.p)
const secrets = watchSecrets(order.secrets, (where) => history.write({ type: 'leak', where }))
const send = (message: FromWorker): void => void (process.connected && process.send?.(message))
process.once('disconnect', () => process.exit(0))
watchPace(history)

const target = await loadTarget(order.module)
const connection = await target.connect(order.place as never)
const locks = connection.locks ?? lockerOver(connection, secrets)
let finishing = false
let ids = 0
let writes = 0
const answers = new Map<number, (accepted: boolean) => void>()
const running = new Set<Promise<void>>()
const run = (work: Promise<void>): Promise<void> => {
  running.add(work)
  return work.finally(() => running.delete(work))
}

const toolsFor = (use: string): Tools => ({
  locks,
  strict: connection.locks === undefined,
  history,
  secrets,
  random: random(seedFor(order.seed, use)),
  kinds:
    connection.backend?.capabilities.shared === true
      ? [...exclusiveKinds, ...sharedKinds]
      : connection.locks === undefined
        ? exclusiveKinds
        : ['solo-a', 'solo-b'],
  nameOf: (kind) => `${order.prefix}${kind}`,
  newId: () => `${order.p}:${(ids += 1)}`,
  write: (lease, name, fence) => {
    const id = (writes += 1)
    send({ type: 'write', id, lease, name, fence })
    return Promise.race([
      new Promise<boolean>((resolve) => answers.set(id, resolve)),
      pause(WRITE_MS).then(() => false),
    ]).finally(() => answers.delete(id))
  },
  guardedWrite: connection.guardedWrite?.bind(connection),
  never: connection.never,
  handOn: send,
  isFinishing: () => finishing,
})

const actors = Array.from({ length: order.actors }, (_, actor) => run(act(toolsFor(`actor ${actor}`))))
const guests = toolsFor('guests')
process.on('message', (message: ToWorker) => {
  if (message.type === 'finish') finishing = true
  else if (message.type === 'written') answers.get(message.id)?.(message.accepted)
  else void run(resume(guests, message))
})
send({ type: 'ready' })

await Promise.all(actors)
await Promise.race([drained(), pause(DRAIN_MS)])
if (running.size === 0) {
  await locks.close?.()
  await connection.close?.()
  history.write({ type: 'bye' })
  process.exit(0)
}
// The absence of an end shows the checker that a call has not ended by now.
process.exit(0)

async function act(tools: Tools): Promise<void> {
  const possible = scenarios.filter(({ verbs }) => verbs.every((verb) => typeof locks[verb] === 'function'))
  const sum = possible.reduce((total, { weight }) => total + weight, 0)
  while (!finishing) await draw(tools, possible, sum).run(tools)
}

function draw({ random: below }: Tools, possible: readonly Scenario[], sum: number): Scenario {
  let rest = below(sum)
  const found = possible.find(({ weight }) => (rest -= weight) < 0)
  if (found === undefined) throw new Error('there is nothing to do')
  return found
}

async function drained(): Promise<void> {
  while (running.size > 0) await Promise.allSettled(running)
}

function lockerOver({ backend }: Connection, watch: SecretWatch): Locker {
  if (backend === undefined) throw new TypeError('connect() must answer a backend, or locks')
  // Only each 16th event is looked through, because that takes longer than taking a lock.
  let seen = 0
  const look = (event: unknown): void => void ((seen += 1) % 16 === 0 && watch.look('an event', event))
  const hooks = ['waiting', 'contended', 'acquired', 'renewed', 'renewalFailed', 'lost', 'released'] as const
  const observer: LockObserver = Object.fromEntries(hooks.map((hook) => [hook, look]))
  return createLocker({ backend, label: `torture ${order.p}`, observer })
}

/** Writes down when this process was late by itself: blocked, or stopped, or on a busy machine. */
function watchPace(writer: Recorder): void {
  let last = now()
  setInterval(() => {
    const at = now()
    if (at - last > TICK_MS + LATE_MS) writer.write({ type: 'lag', from: last + TICK_MS }, at)
    last = at
  }, TICK_MS).unref()
}
