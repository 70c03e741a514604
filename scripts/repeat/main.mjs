// Runs the conformance suite over one of our own backends many times, each time with another seed:
//   npm run repeat -- --target memory|ioredis|node-redis|upstash|valkey-glide|postgres [--times 50] [--seed S]
//     [--busy N]    beside N processes that use all the time of a processor
//     [--delay MS]  each call takes this many milliseconds longer
// Any failure is a false alarm of the suite, or a fault of the backend.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'memory' },
    times: { type: 'string', default: '50' },
    seed: { type: 'string' },
    busy: { type: 'string', default: '0' },
    delay: { type: 'string', default: '0' },
  },
})
const target = fileURLToPath(new URL(`targets/${values.target}.mjs`, import.meta.url))
const command = fileURLToPath(new URL('../../packages/testkit/dist/bin.js', import.meta.url))
if (!/^[a-z-]+$/.test(values.target) || !existsSync(target)) {
  console.error('--target is memory, ioredis, node-redis, upstash, valkey-glide or postgres')
  process.exit(2)
}
const busy = Array.from({ length: Number(values.busy) }, () => spawn(process.execPath, ['-e', 'for (;;);']))
const seed = values.seed === undefined ? [] : ['--seed', values.seed]
const { status } = spawnSync(process.execPath, [command, target, '--repeat', values.times, ...seed], {
  stdio: 'inherit',
  env: { ...process.env, HOLDFAST_DELAY_MS: values.delay },
})
for (const loop of busy) loop.kill('SIGKILL')
process.exit(status ?? 2)
