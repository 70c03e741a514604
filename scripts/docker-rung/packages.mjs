import { mkdir, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { onPath, run } from './run.mjs'
import { Unavailable } from './unavailable.mjs'

const TOOLS = ['apt-get', 'apt-cache', 'dpkg', 'dpkg-deb']
const ENGINE = ['docker.io', 'containerd', 'runc']

/**
 * Unpacks the engine of this system's packages below `directory`, installing nothing. Answers how to run it.
 *
 * @param {string} directory
 */
export async function fetchEngine(directory) {
  const missing = TOOLS.find((tool) => !onPath(tool))
  if (missing) throw new Unavailable(`no Docker engine answers, dockerd is not on PATH, and ${missing} is not either`)
  const lists = join(directory, 'lists')
  const cache = join(directory, 'cache')
  const packages = join(directory, 'packages')
  const tree = join(directory, 'tree')
  for (const path of [join(lists, 'partial'), join(cache, 'archives', 'partial'), packages, tree]) {
    await mkdir(path, { recursive: true })
  }
  const settings = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Acquire::Languages=none',
    'Acquire::Retries=1',
  ]
  const options = [...settings, 'APT::Sandbox::User=root'].flatMap((setting) => ['-o', setting])
  /** @type {(tool: string, ...args: string[]) => Promise<string>} */
  const apt = (tool, ...args) =>
    run(tool, [...options, ...args], { cwd: packages, env: { ...process.env, LC_ALL: 'C' } })
  try {
    // `ip` takes away the network interface that the engine leaves behind.
    const wanted = onPath('ip') ? ENGINE : [...ENGINE, 'iproute2']
    await apt('apt-get', 'update')
    const text = await apt('apt-cache', 'depends', ...wanted)
    const libraries = [...text.matchAll(/^ {2}Depends: (lib[\w.+-]+)$/gm)].map(([, name = '']) => name)
    const names = [...wanted, ...new Set(libraries.filter((name) => !name.startsWith('libc6')))]
    console.log(`docker rung: unpacking ${names.join(' ')}`)
    await apt('apt-get', 'download', ...names)
    for (const file of await readdir(packages)) await run('dpkg', ['-x', join(packages, file), tree])
  } catch (error) {
    throw new Unavailable(`no Docker engine answers, and its packages cannot be had: ${String(error)}`)
  }
  const programs = ['usr/sbin', 'usr/bin', 'sbin', 'bin'].map((path) => join(tree, path))
  const files = await readdir(tree, { recursive: true, withFileTypes: true })
  const libraries = new Set(files.filter(({ name }) => /\.so(\.|$)/.test(name)).map(({ parentPath }) => parentPath))
  process.env.PATH = [process.env.PATH, ...programs].join(delimiter)
  return { ...process.env, LD_LIBRARY_PATH: [...libraries].join(delimiter) }
}
