import { findRedisServer } from '@holdfast/testkit/redis'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Unavailable } from '../docker-rung/unavailable.mjs'

/** A release that has both products, and whose programs bring their own libraries. */
const RELEASE = 'trixie'

const NAMES = { redis: 'redis-server', valkey: 'valkey-server' }

/**
 * Makes a folder that holds the server program of a product under the name that a system gives it, and hides the other
 * product where it lies over a folder of programs.
 *
 * @param {'redis' | 'valkey'} product
 * @param {string} folder
 */
export async function place(product, folder) {
  const found = await findRedisServer({ debian: { release: RELEASE, product } }).catch((error) => {
    throw new Unavailable(String(error).replaceAll(/\s*\n\s*/g, '; '))
  })
  await mkdir(folder)
  const script = `#!/bin/sh\nexec '${found.description}' "$@"\n`
  for (const [each, name] of Object.entries(NAMES)) {
    const [text, mode] = each === product ? [script, 0o755] : ['', 0o644]
    await writeFile(join(folder, name), text, { mode })
  }
  return folder
}
