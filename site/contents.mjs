import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')

const GUIDES = [
  'getting-started',
  'kinds-of-locks',
  'guarantees',
  'pitfalls',
  'troubleshooting',
  'observing',
  'performance',
  'comparison',
  'migrating',
]
const STORES = ['redis', 'write-a-backend']

/**
 * The documents of the site in the order of its sidebar, relative to the repository. The first page of the site is not
 * among them: it is made of site/home.md and the first screen of README.md.
 */
export const groups = [
  { title: 'Guide', documents: GUIDES.map(guide) },
  { title: 'Recipes', documents: ['docs/recipes/README.md', ...below('docs/recipes')] },
  { title: 'Stores and clients', documents: [guide(STORES[0]), ...packages(isAdapter), guide(STORES[1])] },
  { title: 'Packages', documents: packages((folder) => !isAdapter(folder)) },
  {
    title: 'Project',
    documents: [
      'ARCHITECTURE.md',
      'docs/wrong-backends.md',
      'benchmarks/README.md',
      ...examples(),
      'CONTRIBUTING.md',
      'SECURITY.md',
    ],
    collapsed: true,
  },
  { title: 'Decisions', documents: below('docs/decisions'), collapsed: true },
]

/** Documents of the repository that belong to no group: a new guide needs a place in the sidebar. */
export function documentsWithoutPlace() {
  const placed = new Set(groups.flatMap(({ documents }) => documents))
  return below('docs').filter((document) => !placed.has(document))
}

/** The path of a document's page, without an extension: `guarantees`, `recipes/index`, `packages/core`. */
export function pageOf(document) {
  return document
    .replace(/^docs\//, '')
    .replace(/^(packages\/.*|examples\/.*|benchmarks)\/README\.md$/, '$1')
    .replace(/README\.md$/, 'index')
    .replace(/\.md$/, '')
    .replace(/^[A-Z]+$/, (name) => name.toLowerCase())
}

function guide(name) {
  return `docs/${name}.md`
}

function below(folder) {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => `${folder}/${file}`)
}

function packages(isWanted) {
  return withReadme('packages').filter((document) => isWanted(document.split('/')[1]))
}

function examples() {
  return withReadme('examples')
}

function withReadme(folder) {
  return readdirSync(join(root, folder))
    .map((each) => `${folder}/${each}/README.md`)
    .filter((document) => existsSync(join(root, document)))
}

function isAdapter(folder) {
  return folder.startsWith('adapter-')
}
