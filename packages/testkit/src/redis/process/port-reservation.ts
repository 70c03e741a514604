import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const reserved = new Set<number>()
let directory: string | undefined

/**
 * Reserves a port until this process ends: by a file that holds the id of the process. Answers false when it is
 * reserved by this process or another one that runs. Where no file can be written, the reservation holds within this
 * process only.
 */
export function reserve(port: number): boolean {
  if (reserved.has(port)) return false
  const path = join(prepared(), `${port}`)
  const taken = write(path)
  if (taken) reserved.add(port)
  else removeAbandoned(path)
  return taken
}

function prepared(): string {
  if (directory !== undefined) return directory
  directory = join(tmpdir(), `holdfast-ports-${process.getuid?.() ?? 'all'}`)
  try {
    mkdirSync(directory, { recursive: true })
  } catch {
    // Without the folder no file is written, and `write` counts each port as free.
  }
  process.once('exit', () => {
    for (const port of reserved) rmSync(join(prepared(), `${port}`), { force: true })
  })
  return directory
}

function write(path: string): boolean {
  try {
    writeFileSync(path, `${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    return codeOf(error) !== 'EEXIST'
  }
}

/**
 * Removes the file of a process that has ended, for the next caller: two callers could take the port at once together.
 */
function removeAbandoned(path: string): void {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    // An empty file is being written.
    if (pid > 0 && !isRunning(pid)) rmSync(path, { force: true })
  } catch {
    // Another process has removed the file.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
