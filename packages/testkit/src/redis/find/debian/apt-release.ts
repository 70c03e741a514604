import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../process/exec.js'
import type { DebianPackage } from '../source.js'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const LOADER = /^ld-linux.*\.so\.\d+$/
const STEP_MS = 30_000

/**
 * The list of sources of another release, at the archive from which this machine takes its own packages. Rejects when
 * that archive is not Debian's.
 */
export async function sourcesOf({ release }: DebianPackage): Promise<string> {
  if (!/^[a-z][a-z0-9-]*$/.test(release)) throw new Error(`${JSON.stringify(release)} is no name of a Debian release`)
  const text = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'], {
    timeoutMs: STEP_MS,
  })
  const archive = text.split('\n').find((uri) => /\/debian\/?$/.test(uri))
  if (archive === undefined) throw new Error('the package sources of this machine name no archive of Debian')
  // Backports are built against the release that they are for, and take their libraries from it; experimental from sid.
  const suites = [...new Set([release, release.replace(/-backports$/, '').replace(/^experimental$/, 'sid')])]
  return suites.map((suite) => `deb [signed-by=${KEYRING}] ${archive} ${suite} main\n`).join('')
}

/**
 * Makes a server of another release startable: a script runs it by that release's own C library, because the C library
 * of this machine may be older. The name of the program decides what it is.
 */
export async function writeStarter(tree: string, name: string, binary: string): Promise<void> {
  const files = await readdir(tree, { recursive: true, withFileTypes: true })
  const loader = files.find((file) => file.isFile() && LOADER.test(file.name))
  if (loader === undefined) throw new Error('the packages hold no program loader')
  const libraries = files.filter((file) => /\.so(\.|$)/.test(file.name)).map((file) => file.parentPath)
  const below = (path: string): string => `$root${path.slice(tree.length)}`
  const path = [...new Set(libraries)].map(below).join(':')
  const script = `#!/bin/sh
root=$(cd "$(dirname "$0")/../.." && pwd)
exec "${below(join(loader.parentPath, loader.name))}" --argv0 ${name} --library-path "${path}" "$root/usr/bin/${binary}" "$@"
`
  await writeFile(join(tree, 'usr', 'bin', name), script, { mode: 0o755 })
}
