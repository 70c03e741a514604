import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DEBIAN } from './debian-folder.js'
import { startProgram, type Program } from './program.js'
import type { FoundPostgres } from './rung.js'
import { onPath, reasonOf, run } from './tools.js'

const VERSION_MS = 10_000

/** The programs of a server that is installed. */
export async function findByPath(): Promise<FoundPostgres | string> {
  const broken: string[] = []
  for (const bin of await folders()) {
    try {
      const program = await identify(bin)
      return { source: 'path', description: bin, start: (options) => startProgram(program, 'path', options) }
    } catch (error) {
      broken.push(reasonOf(error))
    }
  }
  return broken.join('; ') || `neither initdb is on PATH, nor is a server in ${DEBIAN}`
}

async function folders(): Promise<readonly string[]> {
  const initdb = await onPath('initdb')
  return [...(initdb === undefined ? [] : [dirname(initdb)]), ...(await versionsBelow(DEBIAN))]
}

/** The folders of programs below one of Debian's form, the newest version first. */
export async function versionsBelow(folder: string): Promise<readonly string[]> {
  const versions = (await readdir(folder).catch(() => [])).filter((name) => /^\d+$/.test(name))
  return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(folder, version, 'bin'))
}

/** Runs the programs once to see that they work. */
export async function identify(bin: string, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  for (const name of ['initdb', 'postgres']) await run(join(bin, name), ['--version'], { timeoutMs: VERSION_MS, env })
  return { bin, env }
}
