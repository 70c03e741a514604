import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkTarget, type ConformanceTarget } from '../suite/target.js'

/** Imports the target that a module exports. Throws a `TypeError` that names the mistake when it exports none. */
export async function load(path: string): Promise<ConformanceTarget> {
  const file = resolve(path)
  if (!existsSync(file)) throw new TypeError(`there is no file ${file}`)
  const module: unknown = await import(pathToFileURL(file).href)
  if (typeof module !== 'object' || module === null) throw new TypeError(`${file} is no module`)
  const target: unknown = Reflect.get(module, 'default') ?? Reflect.get(module, 'target')
  if (target === undefined) throw new TypeError(`${file} exports no target: neither a default export nor \`target\``)
  checkTarget(target)
  return target
}
