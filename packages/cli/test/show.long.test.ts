import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.js'
import { holdfast, start } from './support/holdfast.js'
import { waiting } from './support/line.js'
import { WORK } from './support/programs.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
const env = { HOLDFAST_REDIS_URL: server.url }
const A_NUMBER = expect.any(Number) as unknown

test('an empty store has an empty list', async () => {
  expect(await holdfast(['ls'], env)).toEqual({ exitCode: 0, stdout: 'No name is held.\n', stderr: '' })
  expect(await holdfast(['ls', '--json'], env)).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' })
})

test('a name that is not held: inspect and release say so, with the code 1', async () => {
  expect(await holdfast(['inspect', 'a'], env)).toEqual({ exitCode: 1, stdout: 'a is not held\n', stderr: '' })
  expect(await holdfast(['release', 'a'], env)).toEqual({ exitCode: 1, stdout: 'a was not held\n', stderr: '' })
  const { exitCode, stdout } = await holdfast(['inspect', 'a', '--json'], env)
  expect(exitCode).toBe(1)
  expect(JSON.parse(stdout)).toEqual({ name: 'a', held: false, mode: null, holders: [], waiting: 0 })
})

test('ls, inspect and release show holders, waiters and what never ends, and no owner token', async () => {
  await using writer = start(['run', 'invoice', '--label', 'first', '--', ...WORK], env)
  await using reader = start(['run', 'report', '--shared', '2', '--label', 'reader', '--', ...WORK], env)
  await Promise.all([writer.printed('ready'), reader.printed('ready')])
  await using waiter = start(['run', 'invoice', '--label', 'second', '--', ...WORK], env)
  await waiting(server, 'invoice', 1)
  await raw.command('SET', 'lock:evil\u001B[2J', 'not ours')

  const table = await holdfast(['ls'], env)
  const rows = table.stdout.split('\n').map((line) => line.replaceAll(/\d+\.\d s/g, 'N s').split(/ {2,}/))
  expect(rows).toEqual([
    ['NAME', 'MODE', 'HOLDER', 'LEFT', 'WAITING'],
    ['evil\\u{1b}[2J', 'exclusive', '(foreign)', 'no end', '-'],
    ['invoice', 'exclusive', 'first', 'N s', '1: second'],
    ['report', 'shared', 'reader', 'N s', '-'],
    [''],
  ])
  const json = await holdfast(['ls', '--json'], env)
  const holder = (label: string): object => ({ label, remainingMs: A_NUMBER, fence: A_NUMBER })
  const foreign = { label: null, remainingMs: null, fence: null }
  expect(JSON.parse(json.stdout)).toEqual([
    { name: 'evil\u001B[2J', mode: 'exclusive', holders: [foreign], waiters: [] },
    {
      name: 'invoice',
      mode: 'exclusive',
      holders: [holder('first')],
      waiters: [{ label: 'second', mode: 'exclusive' }],
    },
    { name: 'report', mode: 'shared', holders: [holder('reader')], waiters: [] },
  ])
  const inspected = await holdfast(['inspect', 'invoice'], env)
  expect(inspected.stdout).toMatch(/^invoice is held \(exclusive\), 1 waiting\n {2}first, \d+\.\d s left, fence \d+\n$/)
  const state = await holdfast(['inspect', 'invoice', '--json'], env)
  expect(JSON.parse(state.stdout)).toEqual({
    name: 'invoice',
    held: true,
    mode: 'exclusive',
    holders: [holder('first')],
    waiting: 1,
  })
  const released = await holdfast(['release', 'invoice'], env)
  expect(released).toEqual({ exitCode: 0, stdout: 'invoice was released\n', stderr: '' })
  await waiter.printed('ready')
  expect((await writer.ended).exitCode).toBe(122)

  for (const each of [writer, reader, waiter]) each.signal('SIGTERM')
  const ends = await Promise.all([writer, reader, waiter].map(({ ended }) => ended))
  for (const { stdout, stderr } of [table, json, inspected, state, released, ...ends])
    expect(stdout + stderr).not.toMatch(/~[0-9a-f]/)
  await raw.command('FLUSHALL')
})

test('names of a prefix of their own are seen under it only', async () => {
  await using holder = start(['run', 'job', '--prefix', 'app:', '--', ...WORK], env)
  await holder.printed('ready')
  expect((await holdfast(['inspect', 'job', '--prefix', 'app:'], env)).exitCode).toBe(0)
  expect((await holdfast(['inspect', 'job'], env)).exitCode).toBe(1)
  holder.signal('SIGTERM')
  await holder.ended
})

test('ls --watch without a terminal prints one after the other, without escape sequences, until a signal', async () => {
  await using tables = start(['ls', '--watch', '--interval', '0.05'], env)
  await eventually(() => expect(tables.stdout()).toMatch(/^(No name is held\.\n\n){2}/))
  tables.signal('SIGINT')
  expect(await tables.ended).toMatchObject({ exitCode: 0, stderr: '' })
  await using json = start(['ls', '--watch', '--json', '--interval', '0.05'], env)
  await eventually(() => expect(json.stdout()).toMatch(/^(\[\]\n){2}/))
  json.signal('SIGTERM')
  expect(await json.ended).toMatchObject({ exitCode: 143, stderr: '' })
})

test('help and version', async () => {
  for (const command of ['run', 'ls', 'inspect', 'release', 'migrate']) {
    const help = await holdfast([command, '--help'])
    expect(help).toEqual({ exitCode: 0, stderr: '', stdout: expect.stringContaining(`holdfast ${command}`) as unknown })
    expect(help.stdout).toContain('--redis <url>')
  }
  const all = await holdfast(['--help'])
  expect(all).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('HOLDFAST_REDIS_URL') as unknown })
  const version = await holdfast(['--version'])
  expect(version).toEqual({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown })
  expect(await holdfast([])).toMatchObject({ exitCode: 125, stdout: '' })
  expect((await holdfast(['relaese', 'a'])).stderr).toContain('(Did you mean release?)')
  expect((await holdfast(['ls', '--jsno'], env)).stderr).toContain('(Did you mean --json?)')
})
