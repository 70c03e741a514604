import type { Socket } from 'node:net'
import { checkOptions } from '@holdfast/core/backend'
import { freePort } from '../redis/process/port.js'
import { checkNumber, kindOf, memberOf } from '../suite/arguments.js'
import { delay, hold, type DelayOptions, type Hold, type HoldOptions } from './delay.js'
import { duplicate, type Duplicate, type DuplicateOptions } from './duplicate.js'
import { createFaults, type Direction, type Fault } from './fault.js'
import { openConnection, type Connection } from './connection.js'
import { createListener } from './listener.js'
import { blackhole, cutAt, lose, type CutOptions, type LoseOptions } from './lose.js'

/** Options of {@link startFaultProxy}. */
export interface FaultProxyOptions {
  /** The server behind the proxy; a handle of `startRedis` will do. */
  readonly target: { readonly host: string; readonly port: number }
  /** The port to listen on. Default: a free one. */
  readonly port?: number
}

/** Counts of the traffic through a proxy so far. */
export interface FaultProxyStats {
  /** Connections accepted. */
  readonly connections: number
  /** Connections that are open now. */
  readonly open: number
  /** Commands that clients sent, forwarded or not. */
  readonly commands: number
  /** Every fault that was ever armed, in the order of arming. */
  readonly faults: readonly { readonly kind: string; readonly fired: number }[]
}

/**
 * A TCP proxy in front of a Redis server, with faults. No fault is armed at first: everything passes.
 *
 * The proxy understands commands and replies, however they are packed into packets, and forwards each as a whole or not
 * at all. Replies belong to commands by their order. When several faults meet one command, they act in the order of
 * arming, up to the first that ends the connection. Requests under way still reach the server when the client has hung
 * up.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string
  readonly host: string
  readonly port: number

  /** The classic lost reply: the server executes the command, its reply is dropped, and the connection ends. */
  loseReply(options: LoseOptions): Fault
  /** The command never reaches the server, and the connection ends. */
  loseRequest(options: LoseOptions): Fault
  /** Cuts the connection where bytes pass. */
  cut(options: CutOptions): Fault
  /** Adds latency. */
  delay(options: DelayOptions): Fault
  /** Keeps the messages that match, and everything behind them, until they are released. */
  hold(options: HoldOptions): Hold
  /** Sends commands to the server a second time, at once or late. */
  duplicate(options: DuplicateOptions): Duplicate

  /**
   * Swallows everything in one direction or in both (default); connections stay open, new ones too. `fired` counts the
   * first loss of each connection and direction.
   */
  blackhole(direction?: Direction): Fault
  /** Ends every black hole and resets the connections that lost bytes by any fault. Answers how many. */
  heal(): number
  /**
   * Drops the server's side of every open connection; the client's stays open and receives nothing. Answers how many.
   */
  halfOpen(): number
  /** Resets every open connection. Answers how many. */
  cutAll(): number
  /** Refuses new connections from now on and resets the open ones, unless they are to be kept. Answers how many. */
  refuse(options?: { readonly existing?: 'reset' | 'keep' }): number
  /** Accepts connections again, on the same port. */
  accept(): Promise<void>

  stats(): FaultProxyStats
  /** Ends the proxy and every connection; a promise that waits for a fault to fire rejects. */
  stop(): Promise<void>
}

const NAMES: ReadonlySet<string> = new Set(['target', 'port'])

/** Says which mistake was made, before a client hangs at a proxy without a server. */
function checkProxyOptions(options: FaultProxyOptions): void {
  checkOptions('startFaultProxy', options, NAMES)
  const { target, port = 0 } = options
  if (typeof memberOf(target, 'host') !== 'string') {
    throw new TypeError(`target must be { host, port }, as a handle of startRedis, got ${kindOf(target)}`)
  }
  checkPort('the port of the target', target.port)
  checkPort('port', port)
}

function checkPort(what: string, port: unknown): void {
  const right = Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535
  checkNumber(what, port, 'an integer from 0 to 65535', right)
}

/**
 * Starts a {@link FaultProxy} on 127.0.0.1.
 * @throws `TypeError`, `RangeError` for a mistake in the options
 */
export async function startFaultProxy(wanted: FaultProxyOptions): Promise<FaultProxy> {
  checkProxyOptions(wanted)
  const { target } = wanted
  const port = wanted.port ?? (await freePort())
  const { host: targetHost, port: targetPort } = target
  const address = { host: targetHost, port: targetPort }
  const faults = createFaults()
  const { arm } = faults
  const open = new Set<Connection>()
  const holes = new Set<Fault>()
  let connections = 0
  let commands = 0

  const onConnection = (client: Socket): void => {
    connections += 1
    const connection = openConnection({
      client,
      target: address,
      decide: faults.decide,
      onCommand: () => (commands += 1),
      onClose: () => open.delete(connection),
    })
    open.add(connection)
  }
  const listener = createListener(port, onConnection)
  await listener.open()

  const forEach = (
    act: (connection: Connection) => void,
    which: (connection: Connection) => boolean = () => true,
  ): number => {
    const chosen = [...open].filter(which)
    chosen.forEach(act)
    return chosen.length
  }
  const cutAll = (): number => forEach((connection) => connection.reset())
  let stopped = false
  const accept = async (): Promise<void> => {
    if (stopped) throw new Error('this proxy was stopped')
    await listener.open()
  }
  const stop = async (): Promise<void> => {
    stopped = true
    faults.cancelAll('the proxy was stopped')
    listener.close()
    cutAll()
  }
  const host = '127.0.0.1'

  return Object.freeze({
    url: `redis://${host}:${port}`,
    host,
    port,
    loseReply: (options: LoseOptions) => arm(lose('reply', options)),
    loseRequest: (options: LoseOptions) => arm(lose('request', options)),
    cut: (options: CutOptions) => arm(cutAt(options)),
    delay: (options: DelayOptions) => arm(delay(options)),
    hold: (options: HoldOptions) => hold(arm, options),
    duplicate: (options: DuplicateOptions) => duplicate(arm, address, options),
    blackhole: (direction?: Direction) => {
      const fault = arm(blackhole(direction ? [direction] : ['request', 'reply']))
      holes.add(fault)
      return fault
    },
    heal: () => {
      for (const hole of holes) hole.cancel()
      return forEach(
        (connection) => connection.reset(),
        (connection) => connection.isBroken(),
      )
    },
    halfOpen: () => forEach((connection) => connection.halfOpen()),
    cutAll,
    refuse: ({ existing = 'reset' }: { readonly existing?: 'reset' | 'keep' } = {}) => {
      listener.close()
      return existing === 'reset' ? cutAll() : 0
    },
    accept,
    stats: () => ({
      connections,
      open: open.size,
      commands,
      faults: faults.all().map(({ kind, fired }) => ({ kind, fired })),
    }),
    stop,
    [Symbol.asyncDispose]: stop,
  })
}
