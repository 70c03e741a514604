// Runs the conformance suite through the Docker rung of the ladder, for real: `node scripts/docker-rung.mjs`, after
// `npm run build`. Where no engine answers it starts one of its own, from packages that it unpacks into a temporary
// directory, with an image made of the server of this machine; nothing is installed, and everything that it made is
// gone afterwards. Where that cannot be, it says why and exits with 0.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, hostOf, startEngine } from './docker-rung/engine.mjs'
import { importImage, removeImage } from './docker-rung/image.mjs'
import { runSuite } from './docker-rung/suite.mjs'
import { Unavailable } from './docker-rung/unavailable.mjs'

const directory = await mkdtemp(join(tmpdir(), 'holdfast-docker-'))
const endings = [() => rm(directory, { recursive: true, force: true })]
const end = async () => {
  for (const ending of endings.splice(0).toReversed()) await ending()
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void end().finally(() => process.exit(1)))
}

let ok = true
try {
  let host = hostOf()
  if (!(await answers(host))) {
    const engine = await startEngine(directory)
    endings.push(engine.stop)
    host = engine.host
    // This machine may itself look like a container, on whose host the engine is then taken to be.
    process.env.TESTCONTAINERS_HOST_OVERRIDE = '127.0.0.1'
  }
  const image = await importImage(host, directory)
  endings.push(() => removeImage(host, image))
  ok = await runSuite(host, image)
} catch (error) {
  if (!(error instanceof Unavailable)) throw error
  console.log(`docker rung: skipped: ${error.message}`)
} finally {
  await end()
}
if (!ok) process.exitCode = 1
