import { BackendError } from '../errors/errors.js'
import { detached } from '../hints/detached.js'
import { setQuietTimer } from '../hints/timers.js'
import type { RedisTransport } from './transport.js'

/** How often to look whether anything was answered. Looks are counted, not time: a process that is blocked sees nothing. */
const LOOK_MS = 250
/** Commands are held back after 4 looks without an answer, each for at most 12 looks. */
const [SILENT_LOOKS, HOLD_LOOKS] = [4, 12]
/** In silence, one command is sent as a probe after 16 looks, the next after three times as many, and so on. */
const [FIRST_PROBE_LOOKS, PROBE_FACTOR] = [16, 3]

export interface Silence {
  /** Resolves when a command may be sent; `undefined`: at once. Rejects when the command is not to be sent. */
  readonly over: () => Promise<void> | undefined
  /** Notes a command that was handed to the client. */
  readonly sent: (reply: Promise<unknown>) => void
}

interface Gate {
  readonly opened: Promise<void>
  readonly open: () => void
  readonly refuse: (error: unknown) => void
  looks: number
}

const silences = new WeakMap<object, Silence>()

/** The silence of the transport's client: one, however many backends there are over it. */
export function silenceOf(transport: RedisTransport): Silence {
  const client = transport.client ?? transport
  let silence = silences.get(client)
  if (silence === undefined) {
    silence = createSilence(transport)
    silences.set(client, silence)
  }
  return silence
}

/**
 * Notices that a connection which answers in order does not answer any more. A further command could not be answered
 * before those in flight, and would count as activity of the socket: it would keep a half-open connection from being
 * ended by the client's own timeout. So it is held back until a command in flight is answered or fails, and refused
 * after a while. A command is sent now and then, ever more seldom, in case that the reply of an earlier one was lost.
 */
function createSilence(transport: RedisTransport): Silence {
  /** How many commands were sent, and up to which of them all count as settled, for replies come in order. */
  let sent = 0
  let settled = 0
  let settledBefore = 0
  let connection: unknown
  let looking = false
  let looks = 0
  let probeAt = FIRST_PROBE_LOOKS
  let gate: Gate | undefined

  const end = (): void => {
    looks = 0
    probeAt = FIRST_PROBE_LOOKS
    gate?.open()
    gate = undefined
  }

  /** A new connection owes no answer to what was sent before: some clients never settle that. */
  const follow = (): void => {
    const now = transport.connection?.()
    // Also equal where it is not a number, which stands for any connection.
    if (Object.is(now, connection)) return
    connection = now
    settled = sent
  }

  const look = (): void => {
    looking = false
    follow()
    // While the client has no connection, another gate holds commands back.
    const isSilent = settled < sent && settled === settledBefore && (transport.state?.() ?? 'ready') === 'ready'
    settledBefore = settled
    if (isSilent) looks += 1
    else end()
    if (gate !== undefined && (gate.looks += 1) > HOLD_LOOKS) {
      const ms = looks * LOOK_MS
      gate.refuse(
        new BackendError(`${transport.name}: the connection has answered nothing for ${ms} ms`, { executed: 'no' }),
      )
      gate = undefined
    }
    if (settled < sent) lookLater()
  }

  const lookLater = (): void => {
    looking = true
    setQuietTimer(look, LOOK_MS)
  }

  const onSettled = (command: number): void => {
    if (command <= settled) return
    settled = command
    if (looks > 0) end()
  }

  return {
    over: () => {
      if (gate !== undefined) return gate.opened
      if (looks < SILENT_LOOKS) return undefined
      if (looks >= probeAt) {
        probeAt = looks * PROBE_FACTOR
        return undefined
      }
      gate = createGate()
      return gate.opened
    },
    sent: (reply) => {
      follow()
      const command = (sent += 1)
      const onReply = (): void => onSettled(command)
      if (!looking) {
        looking = true
        detached(lookLater)
      }
      reply.then(onReply, onReply)
    },
  }
}

function createGate(): Gate {
  let open!: () => void
  let refuse!: (error: unknown) => void
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    refuse = reject
  })
  return { opened, open, refuse, looks: 0 }
}
