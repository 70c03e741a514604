// Runs the tests of the ladder on a machine that has a server where a system puts it, once a redis-server and once a
// valkey-server: `node scripts/installed-server.mjs`, after `npm run build`. Each run has a mount namespace of its own,
// in which the program lies in /usr/bin; the machine itself stays as it is. Where that cannot be, it says why and exits
// with 0.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare, run } from './installed-server/namespace.mjs'
import { place } from './installed-server/program.mjs'
import { Unavailable } from './docker-rung/unavailable.mjs'

const directory = await mkdtemp(join(tmpdir(), 'holdfast-installed-'))
let ok = true
try {
  const enter = await prepare(directory)
  for (const product of /** @type {const} */ (['redis', 'valkey'])) {
    try {
      const folder = await place(product, join(directory, product))
      ok = (await run(enter, folder, `${product}-server`)) && ok
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      console.log(`installed ${product}-server: skipped: ${error.message}`)
    }
  }
} catch (error) {
  if (!(error instanceof Unavailable)) throw error
  console.log(`installed server: skipped: ${error.message}`)
} finally {
  await rm(directory, { recursive: true, force: true })
}
if (!ok) process.exitCode = 1
