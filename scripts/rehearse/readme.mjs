import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ADDRESS = 'redis://localhost:6379'

/**
 * The first snippet of the README, over this server, and what it prints according to its comments.
 *
 * @param {string} repository @param {string} url
 */
export function firstSnippet(repository, url) {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const [, code = ''] = /^```ts\n([^]*?)^```$/m.exec(readme) ?? []
  if (!code.includes(ADDRESS)) throw new Error(`the first snippet of README.md does not use ${ADDRESS}`)
  const prints = [...code.matchAll(/^ *console\.log\(.*\) \/\/ (.*)$/gm)].map(([, printed = '']) => printed)
  if (prints.length === 0) throw new Error('the first snippet of README.md does not say what it prints')
  return { code: code.replaceAll(ADDRESS, url), prints }
}

/** Throws unless the program printed these lines. @param {string} stdout @param {readonly string[]} prints */
export function checkPrinted(stdout, prints) {
  const lines = stdout.trimEnd().split('\n')
  if (lines.join('\n') !== prints.join('\n')) throw new Error(`printed ${JSON.stringify(lines)}`)
  return `prints ${prints.join(', ')}`
}
