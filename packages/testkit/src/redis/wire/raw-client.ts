import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { encodeCommand, readReply, type Reply } from './resp.js'
import { createSplitter } from './stream.js'

/** Where a Redis server listens. `host` is 127.0.0.1 unless given. */
export type RedisAddress =
  { readonly port: number; readonly host?: string; readonly tls?: boolean } | { readonly path: string }

/** A connection to a Redis server that does nothing by itself: no resend, no reconnect, no queue. */
export interface RawClient {
  /** Sends one command. Rejects with the server's error text, or when the connection ends before the reply. */
  command(...words: readonly string[]): Promise<Reply>
  /** Sends one command that is encoded already. */
  send(bytes: Uint8Array): Promise<Reply>
  /** Ends the connection; commands without a reply reject. */
  close(): void
  [Symbol.asyncDispose](): Promise<void>
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

/**
 * Connects to a Redis server: a port of this machine, or an address. `onPush` gets the messages that answer no command
 * (RESP3 pushes, messages of a RESP2 subscription). Rejects when nothing listens there.
 */
export async function connectRaw(
  address: number | RedisAddress,
  options: { readonly onPush?: (message: Reply) => void } = {},
): Promise<RawClient> {
  const socket = await open(typeof address === 'number' ? { port: address } : address)
  const waiting: Waiting[] = []
  const split = createSplitter(readReply)

  socket.on('data', (chunk: Buffer) => {
    for (const { frame } of split(chunk)) {
      if (!frame) socket.destroy(new Error('the server speaks no RESP'))
      else if (frame.push || waiting.length === 0) options.onPush?.(frame.value)
      else settle(waiting.shift(), frame.value)
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    const error = new Error('the connection closed before the reply', { cause: socket.errored ?? undefined })
    for (const { reject } of waiting.splice(0)) reject(error)
  })

  const send = (bytes: Uint8Array): Promise<Reply> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('the connection is closed'))
      waiting.push({ resolve, reject })
      socket.write(bytes)
    })
  const close = (): void => void socket.destroy()

  return Object.freeze({
    command: (...words: readonly string[]) => send(encodeCommand(words)),
    send,
    close,
    [Symbol.asyncDispose]: async () => close(),
  })
}

function settle(waiting: Waiting | undefined, reply: Reply): void {
  if (reply instanceof Error) waiting?.reject(reply)
  else waiting?.resolve(reply)
}

function open(address: RedisAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial(address)
    const ready = 'tls' in address && address.tls ? 'secureConnect' : 'connect'
    socket.once('error', reject)
    socket.once(ready, () => {
      socket.off('error', reject)
      socket.setNoDelay()
      resolve(socket)
    })
  })
}

function dial(address: RedisAddress): Socket {
  if ('path' in address) return connect({ path: address.path })
  const { port, host = '127.0.0.1', tls } = address
  return tls ? connectTls({ port, host }) : connect({ port, host })
}
