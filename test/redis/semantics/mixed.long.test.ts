import { redisTarget, startRedis } from '@holdfast/testkit/redis'
import { testConformance } from '@holdfast/testkit/vitest'
import { type Client, clients } from '../../support/clients.js'

const server = await startRedis()

const handle = (client: Client, prefix: string) => async () => {
  const { backend, end } = await client.connect(server.port, prefix)
  return { backend, close: end }
}

// Two different clients on one store: each respects the holds of the other, in both directions.
for (const one of clients) {
  for (const other of clients) {
    if (one === other) continue
    const prefix = `${one.name}-${other.name}:`
    testConformance(
      redisTarget({
        name: `${one.name} with ${other.name}`,
        server,
        prefix,
        handles: [handle(one, prefix), handle(other, prefix)],
      }),
    )
  }
}
