import type { Listen } from './listen.js'

/** The members of a `Pool` of pg that are called: it knows how to make a client for the same server. */
export interface Pool {
  readonly Client: new (options: object) => PoolListener
  readonly options: object
}

/** The members that are called of a client made for notifications. */
interface PoolListener {
  connect(): Promise<unknown>
  query(text: string): Promise<unknown>
  end(): Promise<unknown>
  on(event: 'notification', listener: (message: { channel: string; payload?: string | undefined }) => void): unknown
  on(event: 'error' | 'end', listener: () => void): unknown
  unref?(): void
}

/** How long to wait before another attempt to connect, in milliseconds. */
const RETRY_MS = 1_000
const { setTimeout, clearTimeout } = globalThis

export function isPool(client: object): client is Pool {
  const { Client, options }: Partial<Pool> = client
  return typeof Client === 'function' && typeof options === 'object' && options !== null
}

/** Listens on one connection beside the pool's, and on another one whenever that has ended, until it is stopped. */
export function listenWithPool(pool: Pool): Listen {
  return async (channels, onMessage, onStanding) => {
    let current: PoolListener | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopped = false

    const open = async (): Promise<void> => {
      const client = new pool.Client(pool.options)
      const onEnd = (): void => {
        if (current !== client) return
        current = undefined
        onStanding(false)
        again()
      }
      client.on('error', onEnd)
      client.on('end', onEnd)
      client.on('notification', ({ channel, payload = '' }) => {
        if (channels.includes(channel)) onMessage(channel, payload)
      })
      try {
        await client.connect()
        // Notifications alone do not keep a process alive.
        client.unref?.()
        for (const channel of channels) await client.query(`LISTEN "${channel}"`)
      } catch (error) {
        client.end().catch(() => {})
        throw error
      }
      if (stopped) return void client.end().catch(() => {})
      current = client
    }

    const again = (): void => {
      if (stopped) return
      timer = setTimeout(() => void open().then(() => current !== undefined && onStanding(true), again), RETRY_MS)
      ;(timer as { unref?(): void }).unref?.()
    }

    await open()
    return async () => {
      stopped = true
      clearTimeout(timer)
      const client = current
      current = undefined
      await client?.end()
    }
  }
}
