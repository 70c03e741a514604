import { connect, type Socket } from 'node:net'
import { readCommand, readReply } from '../redis/wire/resp.js'
import { createSplitter } from '../redis/wire/stream.js'
import { toCommand } from './command.js'
import { createConversation } from './reply-matcher.js'
import type { Direction, Ending, Verdict, Message } from './fault.js'
import { createPipe } from './pipe.js'

/** A client's connection with its connection to the server. */
export interface Connection {
  /** Closes both sides once what was written has gone out. */
  readonly cut: () => void
  /** Resets the client's side, closes the server's. */
  readonly reset: () => void
  /** Closes the server's side; the client's stays open and receives nothing. */
  readonly halfOpen: () => void
  /** Whether bytes were lost in a direction. Such a stream cannot be continued. */
  readonly isBroken: () => boolean
}

export interface LinkOptions {
  readonly client: Socket
  readonly target: { readonly host: string; readonly port: number }
  readonly decide: (message: Message) => Verdict
  readonly onCommand: () => void
  /** Called when the client's side is closed and nothing is on its way to the server any more. */
  readonly onClose: () => void
}

export function openConnection({ client, target, decide, onCommand, onClose }: LinkOptions): Connection {
  const server = connect({ host: target.host, port: target.port })
  for (const socket of [client, server]) {
    socket.setNoDelay()
    // A 'close' event follows, and counts.
    socket.on('error', () => {})
  }
  const talk = createConversation()
  const splitRequests = createSplitter(readCommand)
  const splitReplies = createSplitter(readReply)
  const requests = createPipe(server, (ending) => finish('request', ending))
  const replies = createPipe(client, (ending) => finish('reply', ending))

  const stop = (): void => {
    requests.stop()
    replies.stop()
  }
  const cut = (): void => {
    stop()
    client.destroySoon()
    server.destroySoon()
  }
  const halfOpen = (): void => {
    stop()
    server.destroy()
  }
  const finish = (direction: Direction, ending: Ending): void => {
    if (ending === 'cut') cut()
    else if (ending === 'half-open') halfOpen()
    else if (direction === 'request') requests.stop()
    else replies.stop()
  }

  client.on('data', (chunk: Buffer) => {
    for (const { bytes, frame } of splitRequests(chunk)) {
      if (requests.isBroken()) return
      const command = frame && frame.words.length > 0 ? toCommand(frame.words) : undefined
      if (command) {
        onCommand()
        talk.asked(command, bytes)
      }
      requests.pass(bytes, decide({ direction: 'request', bytes, command, setup: talk.setup }))
    }
  })
  server.on('data', (chunk: Buffer) => {
    // Replication is no sequence of replies.
    const pieces = talk.isReplicating() ? [{ bytes: chunk, frame: undefined }] : splitReplies(chunk)
    for (const { bytes, frame } of pieces) {
      if (replies.isBroken()) return
      const command = frame && talk.answered(frame.push)
      replies.pass(bytes, decide({ direction: 'reply', bytes, command, setup: talk.setup }))
    }
  })
  client.on('close', () => {
    // A request under way still arrives, although its sender is gone.
    if (requests.isBroken()) server.destroySoon()
    else requests.end()
    if (server.destroyed) onClose()
  })
  server.on('close', () => {
    replies.end()
    if (client.destroyed) onClose()
  })

  const reset = (): void => {
    stop()
    client.resetAndDestroy()
    server.destroy()
  }
  return { cut, reset, halfOpen, isBroken: () => requests.isBroken() || replies.isBroken() }
}
