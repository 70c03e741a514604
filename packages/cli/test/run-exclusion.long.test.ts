import { readdirSync, readFileSync } from 'node:fs'
import { startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { eventually, freshName } from '../../../test/support/eventually.js'
import { waiting } from './support/line.js'
import { folder, holdfast, start } from './support/holdfast.js'
import { until } from './support/programs.js'

const server = await startRedis({ own: true })
const env = { HOLDFAST_REDIS_URL: server.url }

const RUNS = 8

/** Adds 1 to a file that only the lock protects, with a pause between its read and its write. */
const add = (pause: string): string =>
  `mkdir within || echo overlap; n=$(cat count); ${pause}; echo $((n + 1)) > count; rmdir within`

test('runs of one name exclude each other', async () => {
  using files = folder()
  files.file('count', '0')
  const name = freshName()
  const run = () => holdfast(['run', name, '--', 'sh', '-c', `cd '${files.path}'; ${add('sleep 0.05')}`], env)
  const all = await Promise.all(Array.from({ length: RUNS }, run))
  expect(all).toEqual(all.map(() => ({ exitCode: 0, stdout: '', stderr: '' })))
  expect(Number(readFileSync(`${files.path}/count`, 'utf8'))).toBe(RUNS)
})

test('under two names, both read before either writes, and the counter loses a count', async () => {
  using files = folder()
  files.file('count', '0')
  const pause = `: > has-read-$$; ${until('go')[2]}`
  const run = (name: string) => holdfast(['run', name, '--', 'sh', '-c', `cd '${files.path}'; ${add(pause)}`], env)
  const all = Promise.all([run(freshName()), run(freshName())])
  const read = () => readdirSync(files.path).filter((file) => file.startsWith('has-read'))
  await eventually(() => expect(read()).toHaveLength(2))
  files.file('go', '')
  const printed = (await all).map(({ stdout }) => stdout)
  expect(printed.join('')).toContain('overlap')
  expect(Number(readFileSync(`${files.path}/count`, 'utf8'))).toBe(1)
})

test('a shared name admits as many as it says, and no exclusive one beside them', async () => {
  using files = folder()
  const name = freshName()
  const go = `${files.path}/go`
  const enter = ['sh', '-c', `: > '${files.path}/in-'$$; ${until(go)[2]}`]
  const shared = ['run', name, '--shared', '2']
  await using first = start([...shared, '--', ...enter], env)
  await using second = start([...shared, '--', ...enter], env)
  await Promise.all([first.printed('ready'), second.printed('ready')])
  expect((await holdfast([...shared, '--try', '--', 'true'], env)).exitCode).toBe(124)
  expect((await holdfast(['run', name, '--shared', '3', '--try', '--', 'true'], env)).exitCode).toBe(0)
  expect((await holdfast(['run', name, '--shared', 'inf', '--try', '--', 'true'], env)).exitCode).toBe(0)
  expect((await holdfast(['run', name, '--try', '--', 'true'], env)).exitCode).toBe(124)
  await using third = start([...shared, '--', ...enter], env)
  await waiting(server, name, 1)
  expect(readdirSync(files.path)).toHaveLength(2)
  files.file('go', '')
  for (const each of [first, second, third]) expect((await each.ended).exitCode).toBe(0)
})
