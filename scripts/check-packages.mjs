// Packs every published package and asks publint and attw whether a consumer would get what its package.json says.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { packageManager } = /** @type {{ packageManager: string }} */ (JSON.parse(readFileSync('package.json', 'utf8')))
const packed = mkdtempSync(join(tmpdir(), 'holdfast-packed-'))
let complaints = 0

try {
  for (const folder of readdirSync('packages')) {
    if (!existsSync(join('packages', folder, 'package.json'))) continue
    const into = join(packed, folder)
    const pack = ['--yes', packageManager, '--dir', join('packages', folder), 'pack', '--pack-destination', into]
    execFileSync('npx', pack, { stdio: ['ignore', 'ignore', 'inherit'] })
    const [name] = readdirSync(into)
    const tarball = join(into, name ?? '')

    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n')
    for (const file of ['package/LICENSE', 'package/README.md', 'package/dist/index.js', 'package/dist/index.d.ts'])
      if (!files.includes(file)) complain(folder, `${file} is not in the packed package`)

    // A file whose source was removed stays in dist until it is removed there too.
    for (const [, path] of files.flatMap((file) => [/^package\/dist\/(.*)\.js$/.exec(file) ?? []]))
      if (path !== undefined && !existsSync(join('packages', folder, 'src', `${path}.ts`)))
        complain(folder, `dist/${path}.js has no source: remove dist and build again`)

    // A map would name a source that is not shipped.
    for (const file of files) if (file.endsWith('.map')) complain(folder, `${file} is in the packed package`)

    // The esm-only profile: `require()` of an ES module works on every Node that is supported, so it is not asked for.
    ask(folder, 'publint', ['run', tarball, '--strict'])
    ask(folder, 'attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'])
  }
} finally {
  rmSync(packed, { recursive: true, force: true })
}

process.stdout.write(complaints === 0 ? 'All packed packages are in order.\n' : `${complaints} complaints.\n`)
process.exitCode = complaints === 0 ? 0 : 1

/** @param {string} folder @param {string} tool @param {string[]} args */
function ask(folder, tool, args) {
  const { status, stdout, stderr } = spawnSync(join('node_modules', '.bin', tool), args, { encoding: 'utf8' })
  if (status !== 0) complain(folder, `${tool} says:\n${stdout}${stderr}`)
  else process.stdout.write(`${folder}: ${tool} has nothing to say\n`)
}

/** @param {string} folder @param {string} text */
function complain(folder, text) {
  complaints += 1
  process.stdout.write(`${folder}: ${text}\n`)
}
