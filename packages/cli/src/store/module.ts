import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { LockBackend } from '@holdfast/core'
import { messageOf, usageError } from '../failure.js'
import type { Store } from './open.js'

/**
 * Takes the default export of a module: a backend, or a function that makes one.
 * @throws Failure with `EXIT.usage` when there is none; else whatever the module throws.
 */
export async function openModule(file: string): Promise<Store> {
  const path = resolve(file)
  if (!existsSync(path)) throw usageError(`--module: there is no file ${path}`)
  const { default: exported } = await load(path)
  const backend: unknown = typeof exported === 'function' ? await (exported as () => unknown)() : exported
  if (!isBackend(backend))
    throw usageError(`--module: the default export of ${path} is neither a backend nor a function that makes one`)
  return { backend, close: () => {} }
}

async function load(path: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (error) {
    // A module may also wait for its store while it loads: such an error is not one of the code.
    if (error instanceof SyntaxError || error instanceof ReferenceError || isMissingImport(error))
      throw usageError(`--module: ${path} cannot be loaded: ${messageOf(error)}`)
    throw error
  }
}

const isMissingImport = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')

/** Whether it looks like a backend. `createLocker` checks the rest. */
const isBackend = (value: unknown): value is LockBackend =>
  typeof value === 'object' && value !== null && 'acquire' in value && 'capabilities' in value
