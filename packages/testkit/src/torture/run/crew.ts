import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Recorder } from '../history/file.js'
import { type Random, seedFor } from '../../suite/random.js'
import type { FromWorker, HandedOn, ToWorker, WorkerOrder, WriteAsked } from '../worker/messages.js'

const LOG_LENGTH = 3_000
const WORKER = fileURLToPath(new URL('../worker/worker.js', import.meta.url))

/** The settings that all workers of a run have in common. */
export interface CrewOptions extends Omit<WorkerOrder, 'p' | 'place'> {
  readonly places: readonly unknown[]
  readonly workers: number
  readonly history: Recorder
  /** Draws the worker that goes on with a hold. */
  readonly random: Random
}

/** The worker processes. */
export interface Crew {
  readonly running: () => readonly Worker[]
  /** Resolves when each of the first workers is connected to the store, or has ended. */
  readonly ready: Promise<unknown>
  /** Ends a worker at once, and starts another one in its place. */
  readonly replace: (worker: Worker) => Promise<void>
  /** Lets all workers end their calls. Resolves when they have ended, or after `withinMs`. */
  readonly finish: (withinMs: number) => Promise<void>
  /** Ends all workers at once. */
  readonly end: () => Promise<void>
}

export interface Worker {
  readonly p: string
  readonly stop: () => void
  readonly go: () => void
  readonly kill: () => void
  readonly send: (message: ToWorker) => void
  readonly ended: Promise<unknown>
}

export function startCrew(options: CrewOptions): Crew {
  const { history, random, workers } = options
  const lives = Array.from({ length: workers }, () => 0)
  const slots = new Map<number, Worker>()
  const resource = openResource(history)
  let open = true

  const handOn = (from: number, hold: HandedOn): void => {
    const others = [...slots].filter(([slot]) => slot !== from).map(([, worker]) => worker)
    const to = others[random(Math.max(1, others.length))] ?? slots.get(from)
    to?.send(hold)
  }
  const start = (slot: number): Promise<unknown> => {
    const life = (lives[slot] = (lives[slot] ?? 0) + 1)
    const p = `w${slot + 1}.${life}`
    let connected = (): void => {}
    const ready = new Promise<void>((resolve) => (connected = resolve))
    const worker = startWorker(p, slot, options, (message) => {
      if (message.type === 'ready') connected()
      else if (message.type === 'write') worker.send(resource(message))
      else handOn(slot, message)
    })
    slots.set(slot, worker)
    void worker.ended.then(() => {
      if (slots.get(slot) === worker) slots.delete(slot)
    })
    return Promise.race([ready, worker.ended])
  }
  const ready = Promise.all(Array.from({ length: workers }, (_, slot) => start(slot)))

  /** Resolves when all workers have ended. No worker is started any more. */
  const forAll = async (act: (worker: Worker) => void): Promise<void> => {
    open = false
    const all = [...slots.values()]
    all.forEach(act)
    await Promise.all(all.map(({ ended }) => ended))
  }
  return {
    running: () => [...slots.values()],
    ready,
    replace: async (worker) => {
      const slot = [...slots].find(([, each]) => each === worker)?.[0]
      worker.kill()
      await worker.ended
      if (open && slot !== undefined) void start(slot)
    },
    finish: async (withinMs) => {
      const ended = forAll((worker) => worker.send({ type: 'finish' }))
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, withinMs))])
    },
    end: () => forAll((worker) => worker.kill()),
  }
}

function startWorker(
  p: string,
  slot: number,
  { history, places, workers: _, random: __, seed, ...rest }: CrewOptions,
  onMessage: (message: FromWorker) => void,
): Worker {
  const order: WorkerOrder = { ...rest, seed: seedFor(seed, p), p, place: places[slot % places.length] }
  const child = fork(WORKER, [JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const printed = keepLog(child)
  child.on('message', (message) => onMessage(message as FromWorker))
  // A message under way to a process that ends is an error, and does not matter.
  child.on('error', () => {})
  const note = (what: 'start' | 'kill' | 'stop' | 'continue'): void => history.write({ type: 'process', of: p, what })
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  const signal = (name: NodeJS.Signals, what: 'kill' | 'stop' | 'continue'): void => {
    if (!isAlive()) return
    note(what)
    child.kill(name)
  }
  note('start')
  const ended = once(child, 'close').then(() => {
    const how = child.signalCode ?? `exit code ${child.exitCode}`
    const words = printed()
    history.write({ type: 'process', of: p, what: 'exit', note: `${how}${words === '' ? '' : `: ${words}`}` })
    if (/torture w\d+\.\d+~[0-9a-f]{32}/.test(words) || rest.secrets.some((secret) => words.includes(secret)))
      history.write({ type: 'leak', where: `the output of ${p}` })
  })
  return {
    p,
    stop: () => signal('SIGSTOP', 'stop'),
    go: () => signal('SIGCONT', 'continue'),
    kill: () => signal('SIGKILL', 'kill'),
    send: (message) => void (child.connected && child.send(message, () => {})),
    ended,
  }
}

/** Keeps the end of the text that a process prints. */
function keepLog(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-LOG_LENGTH)))
  return () => text.trim()
}

/** The resource that checks fences: it refuses a number that is smaller than the newest that it has seen. */
function openResource(history: Recorder): (asked: WriteAsked) => ToWorker {
  const newest = new Map<string, number>()
  return ({ id, lease, name, fence }) => {
    const accepted = fence === null || fence >= (newest.get(name) ?? -Infinity)
    if (accepted && fence !== null) newest.set(name, fence)
    history.write({ type: 'write', lease, name, fence, accepted })
    return { type: 'written', id, accepted }
  }
}
