import { once } from 'node:events'
import { connect } from 'node:net'
import { sleep, within } from './tools.js'

const POLL_MS = 20
const ANSWER_MS = 5_000
const PROTOCOL_3 = 196_608

/**
 * Resolves when the server takes connections: it answers a login with anything but "starting up". Rejects after
 * `timeoutMs` milliseconds, or as soon as `hasEnded`, with the last failure.
 */
export async function untilReady(
  address: { readonly host: string; readonly port: number },
  timeoutMs: number,
  hasEnded: () => boolean = () => false,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  while (performance.now() < deadline && !hasEnded()) {
    try {
      const answer = await within(ANSWER_MS, login(address), 'a login was not answered')
      // E: an error; 57P03: the server starts up, shuts down or recovers.
      if (!(answer.startsWith('E') && answer.includes('57P03'))) return
      cause = new Error('the server starts up')
    } catch (error) {
      cause = error
    }
    await sleep(POLL_MS)
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  throw new Error(`the PostgreSQL server took no connection within ${timeoutMs} ms (${reason})`, { cause })
}

/** Begins a login and answers the first thing that the server says. */
async function login({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    const words = Buffer.from('user\0postgres\0database\0postgres\0\0')
    const head = Buffer.alloc(8)
    head.writeInt32BE(words.length + 8, 0)
    head.writeInt32BE(PROTOCOL_3, 4)
    socket.write(Buffer.concat([head, words]))
    for await (const chunk of socket) return String(chunk)
    throw new Error('the connection was closed at once')
  } finally {
    socket.destroy()
  }
}
