// A Worker that holds a name over HTTP, with a locker for each request.
import { upstashBackend } from '@holdfast/adapter-upstash'
import { createLocker } from '@holdfast/core'
import { Redis } from '@upstash/redis/cloudflare'

export default {
  /** @param {Request} _request @param {{ URL: string, TOKEN: string }} env */
  async fetch(_request, env) {
    const redis = new Redis({ url: env.URL, token: env.TOKEN })
    const locks = createLocker({ backend: upstashBackend(redis) })
    return Response.json(await locks.request('invoice:42', (lease) => lease.held))
  },
}
