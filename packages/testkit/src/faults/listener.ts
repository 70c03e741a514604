import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A listening socket of 127.0.0.1 that can be closed and opened again on the same port. */
export interface Listener {
  /** Starts to accept connections, unless it accepts them already. */
  readonly open: () => Promise<void>
  /** New connections are refused from now on. */
  readonly close: () => void
}

export function createListener(port: number, onConnection: (socket: Socket) => void): Listener {
  let server: Server | undefined
  return {
    open: async () => {
      if (server) return
      server = createServer(onConnection).listen({ port, host: '127.0.0.1' })
      try {
        await once(server, 'listening')
      } catch (error) {
        server = undefined
        throw error
      }
    },
    close: () => {
      server?.close()
      server = undefined
    },
  }
}
