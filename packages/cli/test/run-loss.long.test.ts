import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { eventually, freshName } from '../../../test/support/eventually.js'
import { waiting } from './support/line.js'
import { folder, holdfast, start, type Started } from './support/holdfast.js'
import { silentServer } from './support/silent-server.js'
import { STUBBORN, TRAPS, until, WORK } from './support/programs.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
const env = { HOLDFAST_REDIS_URL: server.url }

const LOST = expect.stringMatching(/^holdfast: the lock "[^"]*" was lost while the command ran: /) as unknown

/** The ttl in seconds. A renewal finds the loss, and may be late. */
const TTL = '5'

async function running(name: string, command: readonly string[], more: readonly string[] = []): Promise<Started> {
  const started = start(['run', name, '--ttl', TTL, ...more, '--', ...command], env)
  await started.printed('ready')
  return started
}

const LOSSES: readonly (readonly [title: string, lose: (name: string) => Promise<unknown>])[] = [
  ['its key is deleted', (name) => raw.command('DEL', `lock:${name}`)],
  ['it is taken by force', (name) => holdfast(['release', name], env)],
]

test.concurrent.each(LOSSES)('when %s, the command is ended by TERM, and the code is 122', async (_, lose) => {
  const name = freshName()
  await using started = await running(name, TRAPS)
  await lose(name)
  expect(await started.ended).toEqual({ exitCode: 122, stdout: 'ready\ngot SIGTERM\n', stderr: LOST })
})

test.concurrent('a command that does not end by TERM is killed after the grace time', async () => {
  const name = freshName()
  // The grace time is long enough for the command to print that it has got TERM.
  await using started = await running(name, STUBBORN, ['--grace', '3'])
  await raw.command('DEL', `lock:${name}`)
  expect(await started.ended).toEqual({ exitCode: 122, stdout: 'ready\nno\n', stderr: LOST })
})

test.concurrent('a holder that lost its name does not release that of the next', async () => {
  const name = freshName()
  await using started = await running(name, WORK)
  await raw.command('DEL', `lock:${name}`)
  await using next = start(['run', name, '--', ...WORK], env)
  await next.printed('ready')
  expect((await started.ended).exitCode).toBe(122)
  expect(await raw.command('EXISTS', `lock:${name}`)).toBe(1)
  next.signal('SIGTERM')
  expect((await next.ended).exitCode).toBe(143)
})

test.concurrent('a loss while holdfast was stopped counts, though the command succeeded meanwhile', async () => {
  const name = freshName()
  using files = folder()
  const command = ['sh', '-c', `${until(`${files.path}/go`)[2]}; echo done`]
  await using started = start(['run', name, '--ttl', TTL, '--', ...command], env)
  await started.printed('ready')
  started.signal('SIGSTOP')
  await eventually(async () => expect(await raw.command('EXISTS', `lock:${name}`)).toBe(0))
  files.file('go', '')
  await started.printed('done')
  started.signal('SIGCONT')
  expect((await started.ended).exitCode).toBe(122)
})

test.concurrent('a store that goes down while the command runs ends it when the lease ends', async () => {
  await using own = await startRedis({ own: true })
  await using started = start(['run', 'job', '--redis', own.url, '--ttl', TTL, '--', ...TRAPS])
  await started.printed('ready')
  await own.kill()
  expect(await started.ended).toEqual({ exitCode: 122, stdout: 'ready\ngot SIGTERM\n', stderr: LOST })
})

test.concurrent('a short outage of the store ends nothing', async () => {
  await using own = await startRedis({ own: true, args: ['--appendonly', 'yes'] })
  await using started = start(['run', 'job', '--redis', own.url, '--ttl', '60', '--', ...TRAPS])
  await started.printed('ready')
  await own.restart()
  started.signal('SIGTERM')
  expect(await started.ended).toEqual({ exitCode: 43, stdout: 'ready\ngot SIGTERM\n', stderr: '' })
})

const OUTAGES = ['kill', 'pause'] as const

test.concurrent.each(OUTAGES)('a store that goes down (%s) while it waits ends the wait with 123', async (outage) => {
  await using own = await startRedis({ own: true })
  await using holder = start(['run', 'job', '--redis', own.url, '--ttl', '600', '--store-timeout', '3', '--', ...WORK])
  await holder.printed('ready')
  await using waiter = start(['run', 'job', '--redis', own.url, '--store-timeout', '3', '--', 'echo', 'in'])
  await waiting(own, 'job', 1)
  await own[outage]()
  expect(await waiter.ended).toEqual({
    exitCode: 123,
    stdout: '',
    stderr: expect.stringMatching(/^holdfast: the store has not answered for 3 s/) as unknown,
  })
  holder.signal('SIGTERM')
  expect((await holder.ended).exitCode).toBe(143)
})

test.concurrent('a store that says nothing at the start is waited for until --store-timeout', async () => {
  await using own = await startRedis({ own: true })
  await own.pause()
  await using starting = start(['run', 'job', '--redis', own.url, '--store-timeout', '600', '--', 'echo', 'in'])
  // Longer than a connection may say nothing once it stands.
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  await own.resume()
  expect(await starting.ended).toEqual({ exitCode: 0, stdout: 'in\n', stderr: '' })
})

test.concurrent('a store that takes connections and says nothing ends it with 123', async () => {
  await using silent = await silentServer()
  const at = `127.0.0.1:${silent.port}`
  for (const store of [`--redis=redis://${at}`, `--postgres=postgres://app@${at}/app`]) {
    for (const args of [['run', 'job', '--', 'echo', 'in'], ['ls'], ['inspect', 'job'], ['release', 'job']]) {
      const [command = '', ...others] = args
      const ended = await holdfast([command, store, '--store-timeout', '0.3', ...others])
      expect(ended).toEqual({
        exitCode: 123,
        stdout: '',
        stderr: expect.stringMatching(/^holdfast: (Redis|PostgreSQL) cannot be reached: /) as unknown,
      })
    }
  }
})
