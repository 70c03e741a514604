import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { reserve } from '../src/redis/process/port-reservation.js'
import { freePort } from '../src/redis/index.js'

test('a port is not handed out twice', async () => {
  const ports = await Promise.all(Array.from({ length: 300 }, () => freePort()))
  expect(new Set(ports).size).toBe(ports.length)
})

test('a port that a process has reserved is free for others when that process has ended', async () => {
  const port = await freePort()
  const inAnother = (): string => {
    const source = new URL('../dist/redis/process/port-reservation.js', import.meta.url).href
    const script = `import { reserve } from ${JSON.stringify(source)}; process.stdout.write(String(reserve(${port + 40_000}))); process.kill(process.pid, 'SIGKILL')`
    try {
      return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout)
    }
  }
  expect(inAnother()).toBe('true')
  // The process was killed: its file is still there, until the next caller finds it.
  expect(inAnother()).toBe('false')
  expect(inAnother()).toBe('true')
  expect(reserve(port + 40_000)).toBe(false)
  expect(reserve(port + 40_000)).toBe(true)
  expect(reserve(port + 40_000)).toBe(false)
  expect(inAnother()).toBe('false')
})
