import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every specifier that the packages export. @param {readonly import('../release.mjs').Manifest[]} manifests */
export function entriesOf(manifests) {
  return manifests.flatMap(({ name, exports }) => Object.keys(exports).map((entry) => name + entry.slice(1)))
}

/**
 * Writes programs that load every entry and count them: by `import`, by `require`, and both for the type checker.
 *
 * @param {string} path @param {readonly string[]} entries
 */
export function writeEntryPrograms(path, entries) {
  const each = (/** @type {(entry: string, i: number) => string} */ line) => entries.map(line).join('\n')
  const all = entries.map((_, i) => `e${i}`).join(', ')
  const count = `console.log([${all}].filter((entry) => Object.keys(entry).length > 0).length)\n`
  write('entries.mjs', `${each((entry, i) => `import * as e${i} from '${entry}'`)}\n${count}`)
  write('entries.cjs', `${each((entry, i) => `const e${i} = require('${entry}')`)}\n${count}`)
  const typed = `\nexport const entries: readonly object[] = [${all}]\n`
  write('entries.ts', each((entry, i) => `import * as e${i} from '${entry}'`) + typed)
  write('entries.cts', each((entry, i) => `import e${i} = require('${entry}')`) + typed)

  /** @param {string} name @param {string} text */
  function write(name, text) {
    writeFileSync(join(path, name), text)
  }
}

/** Throws unless a program of `writeEntryPrograms` loaded them all. @param {string} stdout @param {number} all */
export function checkLoaded(stdout, all) {
  if (stdout.trim() !== String(all)) throw new Error(`${stdout.trim()} of ${all} entries have exports`)
}
