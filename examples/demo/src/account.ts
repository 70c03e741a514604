import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Entry } from './evidence.js'

// The account, the resource that the lock protects, in a process of its own. The account knows nothing of locks. Its
// counter accepts every write, so that a broken lock loses updates; its register refuses every fence older than the
// newest that it has seen.

/** The messages of the account to the process that started it. */
export type AccountNews =
  { readonly type: 'listening'; readonly url: string } | { readonly type: 'entry'; readonly entry: Entry }

/**
 * The id of a stopped process, which the account ends with the demo: the stopped process itself cannot notice that the
 * demo has gone.
 */
export interface StoppedProcess {
  readonly stopped: number | null
}

interface Write {
  readonly worker: number
  readonly fence: number
  readonly value: number
}

const entries: Entry[] = []
let counter = 0
let newest = 0
let stopped: number | null = null

function tell(news: AccountNews): void {
  process.send?.(news)
}

function note<E extends Entry>(entry: E): E {
  entries.push(entry)
  tell({ type: 'entry', entry })
  return entry
}

function writeCounter({ worker, fence, value }: Write): Entry {
  counter = value
  return note({ kind: 'counter', worker, fence, value })
}

function writeRegister({ worker, fence }: Write): Entry {
  const accepted = fence >= newest
  newest = Math.max(newest, fence)
  return note({ kind: 'register', worker, fence, accepted, newest })
}

async function answer(request: IncomingMessage): Promise<unknown> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /counter':
      return counter
    case 'PUT /counter':
      return writeCounter((await json(request)) as Write)
    case 'PUT /register':
      return writeRegister((await json(request)) as Write)
    case 'GET /statement':
      return { counter, entries }
    default:
      return undefined
  }
}

const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.writeHead(body === undefined ? 404 : 200).end(JSON.stringify(body)),
    () => response.writeHead(400).end(),
  )
})
// A worker may be stopped for long with a connection that it will use again.
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => {
  tell({ type: 'listening', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})

process.on('message', (message: StoppedProcess) => (stopped = message.stopped))
process.on('SIGINT', () => {})
process.on('disconnect', () => {
  if (stopped !== null) process.kill(stopped, 'SIGKILL')
  process.exit()
})
