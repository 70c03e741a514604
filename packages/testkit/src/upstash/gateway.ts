import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { toCommand } from '../faults/command.js'
import { readAsk, type Ask } from './request.js'
import { encodeReply } from './encode.js'
import { createGatewayFaults, faultMethods, type GatewayFaultMethods } from './faults.js'
import type { Outcome, Store } from './store.js'

/** Counts of the traffic through a gateway so far. */
export interface UpstashGatewayStats {
  /** Requests over HTTP, refused ones included: the number by which such a service is paid. */
  readonly requests: number
  /** Commands in the requests. */
  readonly commands: number
  /** Commands that Redis executed, or was asked to. */
  readonly executed: number
  /** Requests without the right token. */
  readonly unauthorized: number
  /** Requests that have no answer yet. */
  readonly open: number
  /** Every fault that was ever armed, in the order of arming. */
  readonly faults: readonly { readonly kind: string; readonly fired: number }[]
}

/**
 * The REST protocol of Upstash in front of a real Redis, with faults. No fault is armed at first.
 *
 * A request that is struck is struck as a whole, with every command in it. Requests under way still reach Redis when
 * the client has hung up.
 */
export interface UpstashGateway extends AsyncDisposable, GatewayFaultMethods {
  readonly url: string
  readonly token: string
  stats(): UpstashGatewayStats
  /** Ends the gateway and every connection; a promise that waits for a fault to fire rejects. */
  stop(): Promise<void>
}

export interface GatewaySettings {
  readonly store: Store
  readonly port: number
  readonly token: string
}

const HOST = '127.0.0.1'
const SYNC_TOKEN = 'upstash-sync-token'

export async function openGateway({ store, port, token }: GatewaySettings): Promise<UpstashGateway> {
  const faults = createGatewayFaults()
  const open = new Set<ServerResponse>()
  const count = { requests: 0, commands: 0, executed: 0, unauthorized: 0 }

  const ask = async ({ form, commands }: Ask, base64: boolean): Promise<readonly [number, unknown]> => {
    count.executed += commands.length
    const bodyOf = (outcome: Outcome): object =>
      outcome instanceof Error ? { error: outcome.message } : { result: encodeReply(outcome, base64) }
    const outcomes = await (form === 'transaction' ? store.transact(commands) : store.run(commands))
    if (outcomes instanceof Error) return [400, bodyOf(outcomes)]
    if (form !== 'command') return [200, outcomes.map(bodyOf)]
    const [only = null] = outcomes
    return [only instanceof Error ? 400 : 200, bodyOf(only)]
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    count.requests += 1
    const { headers } = request
    const asked = await readAsk(request)
    if (headers.authorization !== `Bearer ${token}`) {
      count.unauthorized += 1
      return send(response, 401, { error: 'Unauthorized' })
    }
    if (typeof asked === 'string') return send(response, 400, { error: asked })
    count.commands += asked.commands.length
    const course = faults.decide(asked.commands.map(toCommand))
    await pause(course.delayMs)
    let status = 200
    let answer: unknown
    if (course.executed) [status, answer] = await ask(asked, headers['upstash-encoding'] === 'base64')
    await pause(course.replyDelayMs)
    const { ending } = course
    if (ending === 'silence') return
    if (ending === 'cut') return void request.socket.resetAndDestroy()
    if (ending !== undefined) return sendText(response, ending.status, ending.body)
    response.setHeader(SYNC_TOKEN, headers[SYNC_TOKEN] || `sync-${count.requests}`)
    send(response, status, answer)
  }

  const server = createServer((request, response) => {
    open.add(response)
    response.on('close', () => open.delete(response))
    // Without Redis the only answer is a failure: the commands may have been executed, or not.
    serve(request, response).catch(() => sendText(response, 502, '<html><body><h1>502</h1></body></html>'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: HOST }, resolve)
  })

  const stop = async (): Promise<void> => {
    faults.cancelAll('the gateway was stopped')
    server.closeAllConnections()
    store.close()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  return Object.freeze({
    url: `http://${HOST}:${port}`,
    token,
    ...faultMethods(faults),
    stats: () => ({
      ...count,
      open: open.size,
      faults: faults.all().map(({ kind, fired }) => ({ kind, fired })),
    }),
    stop,
    [Symbol.asyncDispose]: stop,
  })
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  response.setHeader('content-type', 'application/json')
  sendText(response, status, JSON.stringify(answer))
}

function sendText(response: ServerResponse, status: number, body: string): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/html')
  response.writeHead(status).end(body)
}

// Taken when the module loads, so that timers faked later by a test do not stop the tools of that test.
const { setTimeout } = globalThis

async function pause(ms: number): Promise<void> {
  // A request under way keeps no process alive; its connection does, as long as a client waits.
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms).unref())
}
