// Writes the public surface of every published entry into api/, one file for each, from the built declarations:
// `npm run api`. With --check it writes nothing, and fails with the difference when the build says something else.
// An export without a doc comment fails in both. A type that an export uses is shown even if it is not exported.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const REPORTS = 'api'
const LIBRARIES = { lib: ['es2023', 'esnext.disposable'], types: ['node'] }
const root = join(import.meta.dirname, '..')
const temporary = mkdtempSync(join(tmpdir(), 'holdfast-api-'))

/** @typedef {{ folder: string, types: string, report: string }} Entry */

const entries = entriesOf()
/** @type {string[]} */
const complaints = []

try {
  report()
  compare()
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
process.stdout.write(complaints.length === 0 ? `${entries.length} entries, as in ${REPORTS}/.\n` : '')
for (const complaint of complaints) process.stdout.write(`${complaint}\n`)
process.exitCode = complaints.length === 0 ? 0 : 1

/** @returns {Entry[]} */
function entriesOf() {
  const manifests = readdirSync(join(root, 'packages')).map((folder) => join(root, 'packages', folder))
  return manifests
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .flatMap((folder) => {
      const { name, exports, private: hidden } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (hidden === true) return []
      return Object.entries(exports).map(([entry, { types }]) => ({
        folder,
        types: join(folder, types),
        report: `${name.split('/')[1]}${entry.slice(1).replaceAll('/', '.')}.api.md`,
      }))
    })
}

/** Writes all reports into the temporary folder. */
function report() {
  const configs = entries.map(configOf)
  const [first] = configs
  if (first === undefined) throw new Error('no package has an entry')
  const additionalEntryPoints = entries.map(({ types }) => types)
  const compilerState = CompilerState.create(first, { additionalEntryPoints })
  for (const config of configs) Extractor.invoke(config, { compilerState, localBuild: true, messageCallback: judge })

  /** @param {import('@microsoft/api-extractor').ExtractorMessage} message */
  function judge(message) {
    message.handled = true
    const { messageId, text, sourceFilePath = '', sourceFileLine, sourceFileColumn } = message
    const complaint = `${relative(root, sourceFilePath)}:${sourceFileLine}: ${text}`
    // A member begins further to the right and needs no comment: its name and type may say enough.
    if (messageId === 'ae-undocumented' && sourceFileColumn === 1) complaints.push(complaint)
    if (message.logLevel === ExtractorLogLevel.Error) complaints.push(complaint)
  }
}

/** @param {Entry} entry */
function configOf({ folder, types, report: reportFileName }) {
  const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, skipLibCheck: true, ...LIBRARIES }
  const silent = { default: { logLevel: ExtractorLogLevel.None } }
  return ExtractorConfig.prepare({
    configObject: {
      newlineKind: 'lf',
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: { compilerOptions, files: entries.map((entry) => entry.types) } },
      apiReport: {
        enabled: true,
        reportFolder: temporary,
        reportTempFolder: join(temporary, 'temp'),
        reportFileName,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: { ...silent, 'ae-undocumented': { logLevel: ExtractorLogLevel.Warning } },
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  })
}

/** Compares the reports with those of the repository, or writes them there. */
function compare() {
  const names = entries.map((entry) => entry.report)
  const there = existsSync(join(root, REPORTS)) ? readdirSync(join(root, REPORTS)) : []
  const left = there.filter((name) => !names.includes(name))
  if (!process.argv.includes('--check')) {
    mkdirSync(join(root, REPORTS), { recursive: true })
    for (const name of left) rmSync(join(root, REPORTS, name))
    for (const name of names) writeFileSync(join(root, REPORTS, name), readFileSync(join(temporary, name)))
    return
  }
  for (const name of left) complaints.push(`${REPORTS}/${name}: no package has this entry any more.`)
  const changed = names.filter((name) => difference(name) !== '')
  for (const name of changed) complaints.push(difference(name))
  if (left.length + changed.length > 0)
    complaints.push('The public surface changed. If that is meant, run `npm run api`, and commit what it writes.')
}

/** @param {string} name */
function difference(name) {
  const from = existsSync(join(root, REPORTS, name)) ? join(REPORTS, name) : '/dev/null'
  const args = ['diff', '--no-index', '--no-color', from, join(temporary, name)]
  const { stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  const changes = stdout.indexOf('\n@@')
  return changes < 0 ? '' : `${REPORTS}/${name}:${stdout.slice(changes).trimEnd()}`
}
