/** A channel of `node:diagnostics_channel`. */
export interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

/** The channels of one operation that begins and ends. */
export interface TracingChannel {
  readonly start: Channel
  readonly end: Channel
  readonly asyncStart: Channel
  readonly asyncEnd: Channel
  readonly error: Channel
}

export interface DiagnosticsChannels {
  readonly acquire: TracingChannel
  readonly hold: TracingChannel
  readonly lost: Channel
}

interface DiagnosticsModule {
  channel(name: string): Channel
  tracingChannel?(name: string): TracingChannel
}

/** The channels of this process; `undefined` on a platform that has none. */
export function openChannels(): DiagnosticsChannels | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  const module = process?.getBuiltinModule?.('node:diagnostics_channel') as DiagnosticsModule | undefined
  if (module?.tracingChannel === undefined) return undefined
  return {
    acquire: module.tracingChannel('holdfast:acquire'),
    hold: module.tracingChannel('holdfast:hold'),
    lost: module.channel('holdfast:lost'),
  }
}

export const hasSubscribers = ({ acquire, hold, lost }: DiagnosticsChannels): boolean =>
  lost.hasSubscribers || isTraced(acquire) || isTraced(hold)

const isTraced = ({ start, end, asyncStart, asyncEnd, error }: TracingChannel): boolean =>
  start.hasSubscribers ||
  end.hasSubscribers ||
  asyncStart.hasSubscribers ||
  asyncEnd.hasSubscribers ||
  error.hasSubscribers

/** Publishes the beginning of an operation. Its synchronous part has ended by then. */
export function publishStart({ start, end }: TracingChannel, message: object): void {
  start.publish(message)
  end.publish(message)
}

/** Publishes the end of an operation, with an error where there is one. */
export function publishEnd(
  { error, asyncStart, asyncEnd }: TracingChannel,
  message: { readonly error?: unknown },
): void {
  if (message.error !== undefined) error.publish(message)
  asyncStart.publish(message)
  asyncEnd.publish(message)
}
