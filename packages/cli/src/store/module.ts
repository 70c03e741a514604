import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { LockBackend } from '@holdfast/core'
import { usageError } from '../failure.js'
import type { Store } from './open.js'

/** Takes the default export of a module: a backend, or a function that makes one. */
export async function openModule(file: string): Promise<Store> {
  const path = resolve(file)
  if (!existsSync(path)) throw usageError(`--module: there is no file ${path}`)
  const { default: exported } = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  const backend: unknown = typeof exported === 'function' ? await (exported as () => unknown)() : exported
  if (!isBackend(backend))
    throw usageError(`--module: the default export of ${path} is neither a backend nor a function that makes one`)
  return { backend, close: () => {} }
}

/** Whether it looks like a backend. `createLocker` checks the rest. */
const isBackend = (value: unknown): value is LockBackend =>
  typeof value === 'object' && value !== null && 'acquire' in value && 'capabilities' in value
