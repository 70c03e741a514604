import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, type Package, packages, read } from '../../workspace.js'

/** The packages with a README. house.test.ts checks that each package has one. */
export const documented: readonly Package[] = packages.filter(({ path }) => existsSync(join(path, 'README.md')))
export const decisions: readonly string[] = filesBelow('docs/decisions')

/** The documents whose code is checked. */
export const withCode: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  ...filesBelow('docs').filter((file) => file.endsWith('.md')),
  ...documented.map(({ folder }) => `packages/${folder}/README.md`),
]
const beside = ['examples', 'benchmarks']
  .flatMap(filesBelow)
  .filter((file) => file.endsWith('.md') && !file.includes('node_modules/'))
export const documents: readonly string[] = [...withCode, 'CONTRIBUTING.md', 'SECURITY.md', ...beside]

export const GUIDE = 'docs/write-a-backend.md'

/** The line of docs/redis.md that gives a user the permissions which a lock needs. */
export const aclRule: string = /^ACL SETUSER .*$/m.exec(read('docs/redis.md'))?.[0] ?? ''
