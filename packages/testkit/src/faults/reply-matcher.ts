import type { Command } from './command.js'

const SUBSCRIBING = new Set(['SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE'])
const REPLICATING = new Set(['SYNC', 'PSYNC'])
const STREAMING = new Set(['SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'MONITOR', ...REPLICATING])
const SETUP = new Set(['AUTH', 'HELLO', 'SELECT'])

/** Finds the command of one connection that a reply answers. */
export interface Conversation {
  readonly asked: (command: Command, bytes: Buffer) => void
  /** The command that the next reply answers, if it answers one. */
  readonly answered: (push: boolean) => Command | undefined
  /** The commands so far by which the connection logged in and chose its protocol and database. */
  readonly setup: () => readonly Buffer[]
  readonly isReplicating: () => boolean
}

/**
 * Redis answers in order, so replies are counted off. Not counted: pushes of RESP3, and whatever follows a command that
 * turns the connection into a stream (a RESP2 subscription, MONITOR, replication). `CLIENT REPLY` is not understood.
 */
export function createConversation(): Conversation {
  const open: Command[] = []
  const setup: Buffer[] = []
  let pushes = false

  return {
    asked: (command, bytes) => {
      if (SETUP.has(command.name)) setup.push(bytes)
      if (command.name === 'HELLO' && command.args[0]) pushes = command.args[0] === '3'
      const answeredByPush = pushes && SUBSCRIBING.has(command.name)
      if (!answeredByPush) open.push(command)
    },
    answered: (push) => {
      if (push) return undefined
      const next = open[0]
      if (next && STREAMING.has(next.name)) return undefined
      return open.shift()
    },
    setup: () => setup,
    isReplicating: () => REPLICATING.has(open[0]?.name ?? ''),
  }
}
