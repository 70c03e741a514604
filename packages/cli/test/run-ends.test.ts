import { freePort, startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { freshName } from '../../../test/support/eventually.js'
import { folder, holdfast, start } from './support/holdfast.js'
import { until, WORK } from './support/programs.js'

const server = await startRedis({ own: true })
const env = { HOLDFAST_REDIS_URL: server.url }

const ENDS: readonly (readonly [title: string, args: readonly string[], exitCode: number, stderr: RegExp])[] = [
  ['the code of the command', ['--', 'sh', '-c', 'exit 7'], 7, /^$/],
  ['0 when the command succeeds', ['--', 'true'], 0, /^$/],
  ['128 and the number of the signal that killed the command', ['--', 'sh', '-c', 'kill -KILL $$'], 137, /^$/],
  [
    '127 when there is no such command',
    ['--', 'no-such-command'],
    127,
    /^holdfast: no-such-command: command not found$/,
  ],
  ['127 when the command has no name', ['--', ''], 127, /^holdfast: '': command not found$/],
  ['125 for a database that is no number', ['--redis', 'redis://127.0.0.1:1/abc', '--', 'true'], 125, /db is a number/],
  ['126 when the command cannot be executed', ['--', '/etc/passwd'], 126, /cannot be executed \(EACCES\)$/],
  ['126 when the command is a folder', ['--', '/tmp'], 126, /cannot be executed \(EACCES\)$/],
  ['126 when a part of the path is no folder', ['--', '/etc/passwd/x'], 126, /cannot be executed \(ENOTDIR\)$/],
  ['the code of a command that has options like ours', ['--', 'sh', '-c', 'exit $#', 'sh', '--try', '--'], 2, /^$/],
  ['125 without a command', [], 125, /needs a command/],
  ['125 with a command and no --', ['true'], 125, /too many arguments.*\n\(put -- before the command: holdfast run/],
  ['125 with a command that has options and no --', ['ls', '-l'], 125, /option '-l'\n\(put -- before the command/],
  ['125 with nothing behind --', ['--'], 125, /needs a command/],
  ['125 for an unknown option', ['--tyr', '--', 'true'], 125, /unknown option '--tyr'\n\(Did you mean --try\?\)/],
  ['125 for an unknown option with a value', ['--ttk=3', '--', 'true'], 125, /unknown option '--ttk'\n.*--ttl\?/],
  ['125 for --try with --wait', ['--try', '--wait', '1', '--', 'true'], 125, /cannot be used with option '--try'/],
  ['125 for a wait that is no number', ['--wait', 'long', '--', 'true'], 125, /must be a number of seconds/],
  ['125 for a wait that is not finite', ['--wait', '1e999', '--', 'true'], 125, /must be a number of seconds/],
  ['125 for a ttl of nothing', ['--ttl', '0', '--', 'true'], 125, /'--ttl <s>'.* at least 0.01 seconds/],
  [
    '125 for a ttl below what a store can do',
    ['--ttl', '0.001', '--', 'true'],
    125,
    /'--ttl <s>'.* at least 0.01 seconds/,
  ],
  ['125 for a share of nothing', ['--shared', '0', '--', 'true'], 125, /must be a whole number from 1/],
  ['125 for a second name', ['other', '--', 'true'], 125, /too many arguments/],
  ['125 for a label that is too long', ['--label', 'x'.repeat(300), '--', 'true'], 125, /label/],
]

test.concurrent.each(ENDS)('run ends with %s', async (_, args, exitCode, stderr) => {
  const ended = await holdfast(['run', freshName(), ...args], env)
  expect(ended).toEqual({ exitCode, stdout: '', stderr: expect.any(String) as unknown })
  expect(ended.stderr.trimEnd()).toMatch(stderr)
})

test.concurrent('a name that no store takes is a mistake', async () => {
  expect(await holdfast(['run', '', '--', 'true'], env)).toMatchObject({
    exitCode: 125,
    stderr: expect.stringMatching(/empty/) as unknown,
  })
})

test.concurrent('a name that is held is busy: at once with --try, and when the time of --wait is over', async () => {
  const name = freshName()
  await using holder = start(['run', name, '--', ...WORK], env)
  await holder.printed('ready')
  const busy = { exitCode: 124, stdout: '', stderr: expect.stringContaining('held by another locker') as unknown }
  expect(await holdfast(['run', name, '--try', '--', 'echo', 'in'], env)).toEqual(busy)
  // The command asks at once, and again after a second: no request is under way when this wait ends.
  expect(await holdfast(['run', name, '--wait', '0.9', '--', 'echo', 'in'], env)).toEqual(busy)
  expect(await holdfast(['run', name, '--wait', '0', '--', 'echo', 'in'], env)).toEqual(busy)
  holder.signal('SIGTERM')
  await holder.ended
})

test.concurrent('the wait ends with the lock when it becomes free in time', async () => {
  using files = folder()
  const name = freshName()
  await using holder = start(['run', name, '--', ...until(`${files.path}/go`)], env)
  await holder.printed('ready')
  await using waiter = start(['run', name, '--wait', '600', '--', 'echo', 'in'], env)
  files.file('go', '')
  expect(await waiter.ended).toEqual({ exitCode: 0, stdout: 'in\n', stderr: '' })
  expect((await holder.ended).exitCode).toBe(0)
})

test.concurrent('the command has the name and the fence in its environment, and never the owner token', async () => {
  const name = freshName()
  const outer = { ...env, HOLDFAST_FENCE: 'of an outer run', HOLDFAST_NAME: 'outer' }
  const program = `echo "$HOLDFAST_NAME $HOLDFAST_FENCE"; env; cat /proc/$$/cmdline 2>/dev/null | tr '\\0' ' '`
  const first = await holdfast(['run', name, '--label', 'me', '--', 'sh', '-c', program], outer)
  const second = await holdfast(['run', name, '--', 'sh', '-c', program], outer)
  const fences = [first, second].map(({ stdout }) => Number(stdout.split('\n')[0]?.replace(`${name} `, '')))
  expect(fences[0]).toBeGreaterThan(0)
  expect(fences[1]).toBeGreaterThan(fences[0] ?? Infinity)
  expect(first.stdout + first.stderr).not.toMatch(/~[0-9a-f]{32}/)
})

test.concurrent('input and output are those of the command', async () => {
  const ended = await holdfast(['run', freshName(), '--', 'sh', '-c', 'echo out; echo err >&2; cat'], env)
  expect(ended).toEqual({ exitCode: 0, stdout: 'out\n', stderr: 'err\n' })
})

test.concurrent('a store that is down at the start ends it with 123', async () => {
  const url = `redis://127.0.0.1:${await freePort()}`
  const ended = await holdfast(['run', freshName(), '--redis', url, '--', 'echo', 'in'])
  expect(ended).toEqual({
    exitCode: 123,
    stdout: '',
    stderr: expect.stringMatching(/^holdfast: Redis cannot be reached: .*ECONNREFUSED/) as unknown,
  })
})

test.concurrent('no store, or two, is a mistake', async () => {
  const none = await holdfast(['run', freshName(), '--', 'true'])
  expect(none).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('no store: give --redis') as unknown })
  const both = { REDIS_URL: server.url, DATABASE_URL: 'postgres://localhost/app' }
  const two = await holdfast(['ls'], both)
  expect(two).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('REDIS_URL and DATABASE_URL') as unknown })
  expect(await holdfast(['ls'], { ...both, ...env })).toMatchObject({ exitCode: 0 })
  expect(await holdfast(['ls'], { REDIS_URL: server.url })).toMatchObject({ exitCode: 0 })
})

test.concurrent('ls takes --interval only with --watch', async () => {
  const refused = { exitCode: 125, stdout: '', stderr: 'holdfast: --interval needs --watch\n' }
  expect(await holdfast(['ls', '--interval', '5'], env)).toEqual(refused)
})
