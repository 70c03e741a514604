import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, TSConfigReader } from 'typedoc'
import { root } from './contents.mjs'
import { pagesFolder, repositoryUrl } from './pages.mjs'

/** Writes a page for each export of each published entry. Throws when an export has no doc comment, or at a warning. */
export async function writeApi() {
  const entries = publishedEntries()
  const app = await Application.bootstrapWithPlugins(
    {
      plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
      entryPoints: entries.map(({ source }) => source),
      tsconfig: join(import.meta.dirname, 'tsconfig.json'),
      // The sources are checked by `npm run types`, each package with its own settings.
      skipErrorChecking: true,
      excludeInternal: true,
      excludeExternals: true,
      sortEntryPoints: false,
      validation: { notExported: true, invalidLink: true, rewrittenLink: true },
      // Members that a type of another package takes over from core: core's own page has their links.
      externalSymbolLinkMappings: { '@holdfast/core': { '*': '#' } },
      logLevel: 'Warn',
      ...rendering,
    },
    [new TSConfigReader()],
  )
  const project = await app.convert()
  if (project === undefined) throw new Error('the API reference could not be made')
  app.validate(project)
  for (const module of project.children ?? []) {
    const entry = entries.find(({ source }) => source === module.sources?.[0]?.fullFileName)
    if (entry !== undefined) module.name = entry.name
  }
  const undocumented = undocumentedExports(project)
  if (undocumented.length > 0) throw new Error(`exports without a doc comment:\n${undocumented.join('\n')}`)
  await app.generateOutputs(project)
  const { errorCount, warningCount } = app.logger
  if (errorCount + warningCount > 0) throw new Error(`the API reference: ${errorCount + warningCount} warnings`)
  return entries.length
}

const rendering = {
  out: join(pagesFolder, 'api'),
  docsRoot: pagesFolder,
  name: 'API reference',
  readme: 'none',
  hideGenerator: true,
  disableGit: true,
  sourceLinkTemplate: `${repositoryUrl}/blob/main/{path}#L{line}`,
  basePath: root,
  displayBasePath: root,
  useCodeBlocks: true,
  expandObjects: true,
}

/** The exports alone: a member whose name and type say all needs no comment. */
function undocumentedExports(project) {
  return (project.children ?? []).flatMap((entry) =>
    (entry.children ?? [])
      .filter((each) => !each.isReference() && !each.hasComment() && !each.signatures?.some((one) => one.hasComment()))
      .map((each) => `${entry.name}: ${each.name}`),
  )
}

/** Every entry as its user imports it, such as `@holdfast/core/redis`, and its source. */
function publishedEntries() {
  const folders = readdirSync(join(root, 'packages'))
  return ['core', ...folders.filter((folder) => folder !== 'core')]
    .map((folder) => join(root, 'packages', folder))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .flatMap((folder) => {
      const { name, exports = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      return Object.entries(exports).map(([entry, { types }]) => ({
        name: join(name, entry),
        source: join(folder, types.replace('dist/', 'src/').replace(/\.d\.ts$/, '.ts')),
      }))
    })
}
