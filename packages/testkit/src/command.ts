import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { renderReport } from './suite/render.js'
import { runConformance } from './suite/run.js'
import { checkTarget, type ConformanceTarget } from './suite/target.js'

/** What the command prints and ends with: 0 when all is well, 1 when a promise is broken, 2 when it could not run. */
export interface CommandResult {
  readonly text: string
  readonly exitCode: 0 | 1 | 2
}

const USAGE = `Usage: holdfast-conformance <module>

<module> exports a target, as its default export or as \`target\`:

  export default {
    name: 'my store',
    open: async () => ({ backends: [myBackend(), myBackend()], close: async () => {} }),
  }

The two backends are two handles on one store.
`

/** The command line, without the process around it. */
export async function main(args: readonly string[]): Promise<CommandResult> {
  const [path, ...more] = args
  if (path === undefined || more.length > 0) return mistake(USAGE)
  if (path === '--help' || path === '-h') return { text: USAGE, exitCode: 0 }
  try {
    const report = await runConformance(await load(path))
    return { text: renderReport(report), exitCode: report.ok ? 0 : 1 }
  } catch (error) {
    return mistake(error instanceof Error ? `${error.name}: ${error.message}\n` : `${String(error)}\n`)
  }
}

function mistake(text: string): CommandResult {
  return { text, exitCode: 2 }
}

async function load(path: string): Promise<ConformanceTarget> {
  const file = resolve(path)
  if (!existsSync(file)) throw new TypeError(`there is no file ${file}`)
  const module: unknown = await import(pathToFileURL(file).href)
  if (typeof module !== 'object' || module === null) throw new TypeError(`${file} is no module`)
  const target: unknown = Reflect.get(module, 'default') ?? Reflect.get(module, 'target')
  if (target === undefined) throw new TypeError(`${file} exports no target: neither a default export nor \`target\``)
  checkTarget(target)
  return target
}
