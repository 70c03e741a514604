// Rehearses a release: versions and publishes every package from a copy of this repository to a registry on loopback,
// and uses them there as strangers do. `npm run rehearse` needs git, Node >= 20.19 and npm, and fetches the rest.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openPlaces, strangersEnv } from './places.mjs'
import { startRegistry } from './registry.mjs'
import { prepareRelease, publish } from './release.mjs'
import { openResults } from './results.mjs'
import { fetchEdge, tryEdge } from './trials/edge.mjs'
import { checkTypes, installEverything } from './trials/npm.mjs'
import { tryEachAdapter } from './trials/one-adapter.mjs'
import { tryPnpm } from './trials/pnpm.mjs'
import { fetchRuntimes, tryRuntime } from './trials/runtimes.mjs'

const began = performance.now()
const places = openPlaces()
const results = openResults()
try {
  await rehearse()
} catch (error) {
  results.stopped(error)
}
const minutes = ((performance.now() - began) / 60_000).toFixed(1)
process.stdout.write(`\n${results.table()}\n\n${results.ok() ? 'Rehearsed' : 'FAILED'}, ${minutes} minutes.\n`)
process.exit(results.ok() ? 0 : 1)

async function rehearse() {
  say('versioning and building in a copy, fetching the registry and the runtimes')
  const [registry, runtimes, edge] = await Promise.all([
    startRegistry(places),
    fetchRuntimes(places),
    fetchEdge(places),
    prepareRelease(places),
  ])
  say('publishing to a registry on loopback')
  const env = strangersEnv(places, registry)
  const manifests = await publish(places, registry, env)
  say(manifests.map(({ name, version }) => `${name}@${version}`).join(', '))

  const testkit = join(places.copy, 'packages/testkit/dist')
  const { startRedis } = await import(pathToFileURL(join(testkit, 'redis/index.js')).href)
  const { startUpstashGateway } = await import(pathToFileURL(join(testkit, 'upstash/index.js')).href)
  const redis = await startRedis()
  const gateway = await startUpstashGateway({ target: redis })

  const rehearsal = { places, results, manifests, env, redis, gateway }
  const everything = await installEverything(rehearsal)
  await inTwos([
    () => tryPnpm(rehearsal),
    () => checkTypes(rehearsal, everything),
    () => tryEachAdapter(rehearsal),
    ...runtimes.map((fetched) => () => tryRuntime(rehearsal, everything, fetched)),
    () => tryEdge(rehearsal, everything, edge),
  ])
}

/** Two at a time. @param {readonly (() => Promise<unknown>)[]} trials */
async function inTwos(trials) {
  const left = trials.values()
  const next = async () => {
    for (const trial of left) await trial()
  }
  await Promise.all([next(), next()])
}

/** @param {string} text */
function say(text) {
  process.stdout.write(`[${((performance.now() - began) / 1_000).toFixed(0)} s] ${text}\n`)
}
