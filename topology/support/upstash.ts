import { upstashBackend } from '@holdfast/adapter-upstash'
import { Redis } from '@upstash/redis'
import type { Client } from './clients.js'

/** Over HTTP: to the gateway of the test kit, or to any other server of the protocol. */
export const upstash = ({ url, token }: { readonly url: string; readonly token: string }): Client => ({
  name: 'upstash',
  connect: async (prefix) => ({ backend: upstashBackend(new Redis({ url, token }), { prefix }), end: () => {} }),
})
