import { constants } from 'node:os'
import { startFaultProxy } from '@holdfast/testkit/faults'
import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { freshName } from '../../../test/support/eventually.js'
import { isRelease } from '../../../test/support/script-commands.js'
import { waiting } from './support/line.js'
import { start } from './support/holdfast.js'
import { silentServer } from './support/silent-server.js'
import { TRAPS, WORK } from './support/programs.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
const env = { HOLDFAST_REDIS_URL: server.url }

const isHeld = (name: string): Promise<unknown> => raw.command('EXISTS', `lock:${name}`)

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const

test.concurrent.each(SIGNALS)('%s while waiting leaves the line, and the command is not run', async (signal) => {
  const name = freshName()
  await using holder = start(['run', name, '--', ...WORK], env)
  await holder.printed('ready')
  await using waiter = start(['run', name, '--', 'echo', 'in'], env)
  await waiting(server, name, 1)
  waiter.signal(signal)
  expect(await waiter.ended).toEqual({ exitCode: 128 + constants.signals[signal], stdout: '', stderr: '' })
  await waiting(server, name, 0)
  holder.signal('SIGTERM')
  expect((await holder.ended).exitCode).toBe(143)
  expect(await isHeld(name)).toBe(0)
})

test.concurrent.each(SIGNALS)(
  '%s while the command runs is passed on, once, and the name is released',
  async (signal) => {
    const name = freshName()
    await using running = start(['run', name, '--', ...TRAPS], env)
    await running.printed('ready')
    running.signal(signal)
    expect(await running.ended).toEqual({ exitCode: 43, stdout: `ready\ngot ${signal}\n`, stderr: '' })
    expect(await isHeld(name)).toBe(0)
  },
)

test.concurrent('a signal that ends the command is the exit code', async () => {
  const name = freshName()
  await using running = start(['run', name, '--', ...WORK], env)
  await running.printed('ready')
  running.signal('SIGINT')
  expect((await running.ended).exitCode).toBe(130)
  expect(await isHeld(name)).toBe(0)
})

test.concurrent('a signal before the store has answered is obeyed', async () => {
  await using silent = await silentServer()
  const url = `redis://127.0.0.1:${silent.port}`
  await using starting = start(['run', freshName(), '--redis', url, '--store-timeout', '600', '--', 'echo', 'in'])
  await silent.connected
  starting.signal('SIGTERM')
  expect(await starting.ended).toEqual({ exitCode: 143, stdout: '', stderr: '' })
})

test.concurrent.each([
  ['a signal while waiting ends it soon', [], 143],
  ['a second signal ends it at once', ['SIGINT'], 130],
] as const)('%s, though the store says nothing', async (_, others, exitCode) => {
  const name = freshName()
  await using holder = start(['run', name, '--', ...WORK], env)
  await holder.printed('ready')
  await using proxy = await startFaultProxy({ target: server })
  const args = ['run', name, '--redis', `redis://127.0.0.1:${proxy.port}`, '--store-timeout', '600', '--']
  await using waiter = start([...args, 'echo', 'in'])
  await waiting(server, name, 1)
  const leaving = proxy.hold({ direction: 'request', match: isRelease })
  waiter.signal('SIGTERM')
  // The process has taken the first signal: of two signals that it finds at one time, either may be the first.
  await leaving.whenFired()
  for (const signal of others) waiter.signal(signal)
  // The store is given 600 s.
  expect(await waiter.ended).toEqual({ exitCode, stdout: '', stderr: '' })
  holder.signal('SIGTERM')
  expect((await holder.ended).exitCode).toBe(143)
})
