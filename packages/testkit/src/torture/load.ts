import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { checkTortureTarget, type TortureTarget } from './target.js'

/** The address of a module: a path, relative to the working folder, or a `file:` URL. */
export function moduleUrl(module: string): string {
  return module.startsWith('file:') ? module : pathToFileURL(resolve(module)).href
}

/** Imports the target that a module exports. Throws a `TypeError` that names the mistake when it exports none. */
export async function loadTarget(module: string): Promise<TortureTarget> {
  const url = moduleUrl(module)
  const file = fileURLToPath(url)
  if (!existsSync(file)) throw new TypeError(`there is no file ${file}`)
  const exported = (await import(url)) as Readonly<Record<string, unknown>>
  const target = exported['default'] ?? exported['target']
  if (target === undefined) throw new TypeError(`${file} exports no target: neither a default export nor \`target\``)
  checkTortureTarget(target)
  return target
}
