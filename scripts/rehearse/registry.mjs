import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run, start } from './run.mjs'
import { REGISTRY } from './versions.mjs'

const UP_WITHIN_MS = 60_000

/**
 * Starts a registry on loopback that takes packages of `@holdfast` from everybody and from nowhere else, and answers
 * for all others what the registry of npm's settings answers. Answers its address.
 *
 * @param {import('./places.mjs').Places} places
 */
export async function startRegistry(places) {
  const folder = places.project('registry', REGISTRY)
  await run(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, limitMs: 240_000 })
  const others = (await run(['npm', 'config', 'get', 'registry'], { cwd: folder })).trim()
  const port = await freePort()
  writeFileSync(join(folder, 'config.json'), JSON.stringify(settings(folder, others)))
  const program = join(folder, 'node_modules/verdaccio/bin/verdaccio')
  const config = join(folder, 'config.json')
  const server = start([process.execPath, program, '--config', config, '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
  })
  let output = ''
  server.stdout?.on('data', (data) => (output += String(data)))
  server.stderr?.on('data', (data) => (output += String(data)))
  const address = `http://127.0.0.1:${port}/`
  for (const until = performance.now() + UP_WITHIN_MS; performance.now() < until; await sleep(100)) {
    if (server.exitCode !== null) break
    const answer = await fetch(`${address}-/ping`).catch(() => undefined)
    if (answer?.ok) return address
  }
  throw new Error(`the local registry does not answer:\n${output.slice(-2_000)}`)
}

/** YAML includes JSON. @param {string} folder @param {string} others */
function settings(folder, others) {
  return {
    storage: join(folder, 'storage'),
    uplinks: { others: { url: others, timeout: '60s', maxage: '60m', fail_timeout: '1s', max_fails: 20 } },
    packages: {
      '@holdfast/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'others' },
    },
    max_body_size: '50mb',
    log: { type: 'stdout', format: 'pretty', level: 'error' },
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
