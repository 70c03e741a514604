import { runConformance, renderReport, conformanceCases } from '/work/wt/testkit/packages/testkit/dist/index.js'
import { redisTarget, startRedis } from '/work/wt/testkit/packages/testkit/dist/redis/index.js'
import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { nodeRedisBackend } from '@holdfast/adapter-node-redis'
import { upstashBackend } from '@holdfast/adapter-upstash'
import { startUpstashGateway } from '/work/wt/testkit/packages/testkit/dist/upstash/index.js'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { Redis as Upstash } from '@upstash/redis'
const [which = 'ioredis', n = 1, effort = 1, only = 'histories/', delay = 0] = process.argv.slice(2)
const cases = conformanceCases.filter(c => c.id.startsWith(only))
const server = await startRedis({ own: true })
let gateway
const slow = (b) => Number(delay) === 0 ? b : Object.fromEntries(Object.entries(b).map(([k, v]) => [k, ['acquire','extend','release','inspect','evict'].includes(k) ? async (...x) => { await new Promise(r => setTimeout(r, Number(delay) / 2)); const y = await v(...x); await new Promise(r => setTimeout(r, Number(delay) / 2)); return y } : v]))
const handles = {
  ioredis: async () => { const c = new Redis(server.url); return { backend: slow(ioredisBackend(c)), close: () => c.quit() } },
  node: async () => { const c = createClient({ url: server.url }); c.on('error', () => {}); await c.connect(); return { backend: slow(nodeRedisBackend(c)), close: () => c.close() } },
  upstash: async () => { gateway ??= await startUpstashGateway({ target: server }); const c = new Upstash({ url: gateway.url, token: gateway.token, enableTelemetry: false }); return { backend: slow(upstashBackend(c)), close: async () => {} } },
}
for (let i = 0; i < Number(n); i++) {
  const r = await runConformance(redisTarget({ name: which, server, prefix: 'lock:', handles: [handles[which], handles[which]] }), { cases, effort: Number(effort), seed: i + 1 })
  console.log(which, i + 1, r.ok, Math.round(r.durationMs), r.passed.length, r.skipped.length)
  if (!r.ok) { console.log(renderReport(r)); break }
}
await server.stop(); process.exit(0)
