import { connectRaw, startRedis } from '@holdfast/testkit/redis'
import { expect, test } from 'vitest'
import { freshName } from '../../../test/support/eventually.js'
import { start } from './support/holdfast.js'
import { waiting } from './support/line.js'
import { TRAPS, WORK } from './support/programs.js'
import { onTerminal } from './support/terminal.js'

const server = await startRedis({ own: true })
const raw = await connectRaw(server)
const env = { HOLDFAST_REDIS_URL: server.url }

const ENTER = '\u001B[?1049h'
const LEAVE = '\u001B[?1049l'
const SHOW_CURSOR = '\u001B[?25h'
/** The sequence that clears the whole screen: clearing before each drawing would flicker. */
const CLEAR = '\u001B[2J'

test('ls --watch shows holders and waiters as they come and go, and q ends it', async () => {
  const name = freshName()
  using terminal = onTerminal(['ls', '--watch', '--interval', '0.1'], env)
  await terminal.shows(/0 held, 0 waiting[^]*No name is held\./)
  await using holder = start(['run', name, '--label', 'first', '--', ...WORK], env)
  await holder.printed('ready')
  await terminal.shows(new RegExp(`1 held, 0 waiting[^]*${name} +exclusive +first +\\d+\\.\\d s +-`))
  await using waiter = start(['run', name, '--label', 'second', '--', ...WORK], env)
  await terminal.shows(new RegExp(`1 held, 1 waiting[^]*${name} +exclusive +first +\\d+\\.\\d s +1: second`))
  holder.signal('SIGTERM')
  await terminal.shows(new RegExp(`1 held, 0 waiting[^]*${name} +exclusive +second +\\d+\\.\\d s +-`))
  waiter.signal('SIGTERM')
  // The whole screen: its lower part is cleared last, and may come later.
  await terminal.shows(/^.*0 held, 0 waiting.*\n\nNo name is held\.$/)
  terminal.type('q')
  expect(await terminal.ended).toMatchObject({ exitCode: 0 })
  expect(terminal.written()).toContain(ENTER)
  expect(terminal.written()).not.toContain(CLEAR)
  expect(terminal.written().endsWith(SHOW_CURSOR + LEAVE)).toBe(true)
})

test('ls --watch ends with INT, by the key and by the signal, and leaves the terminal as it was', async () => {
  using byKey = onTerminal(['ls', '--watch'], env)
  await byKey.shows(/0 held/)
  byKey.type('\u0003')
  expect(await byKey.ended).toMatchObject({ exitCode: 0 })
  expect(byKey.written().endsWith(SHOW_CURSOR + LEAVE)).toBe(true)
  using bySignal = onTerminal(['ls', '--watch'], env)
  await bySignal.shows(/0 held/)
  process.kill(bySignal.pid, 'SIGINT')
  expect(await bySignal.ended).toMatchObject({ exitCode: 0 })
  expect(bySignal.written().endsWith(SHOW_CURSOR + LEAVE)).toBe(true)
})

test('ls --watch fits into a terminal that becomes small', async () => {
  for (let i = 0; i < 30; i++) await raw.command('SET', `lock:many-${i}`, `${'x'.repeat(30)}~${'0'.repeat(32)}`)
  using terminal = onTerminal(['ls', '--watch', '--interval', '0.1'], env)
  await terminal.shows(/30 held[^]*… and \d+ lines more$/)
  terminal.resize(40, 6)
  const lines = await terminal.shows(/^.*\n\nNAME.*\n.*\n.*…\n… and 28 lines more$/)
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(40)
  terminal.type('q')
  await terminal.ended
  await raw.command('FLUSHALL')
})

test('ls --watch goes on when the store goes down and comes back', async () => {
  await using own = await startRedis({ own: true })
  using terminal = onTerminal(['ls', '--watch', '--interval', '0.1', '--store-timeout', '3'], {
    HOLDFAST_REDIS_URL: own.url,
  })
  await terminal.shows(/0 held/)
  await own.kill()
  await terminal.shows(/as of the last answer; /)
  await own.restart()
  await terminal.shows(/0 held/)
  terminal.type('q')
  expect(await terminal.ended).toMatchObject({ exitCode: 0 })
})

test('INT from the keyboard reaches the command once, from the terminal', async () => {
  const name = freshName()
  const [program = '', ...args] = TRAPS
  // The program goes on for a while after INT, so that a second INT would be seen.
  const counting = args.map((arg) => arg.replace('process.exit(43)', 'setTimeout(() => process.exit(43), 300)'))
  using terminal = onTerminal(['run', name, '--', program, ...counting], env)
  await terminal.shows(/ready/)
  terminal.type('\u0003')
  expect(await terminal.ended).toMatchObject({ exitCode: 43 })
  expect(terminal.written().match(/got SIGINT/g)).toHaveLength(1)
})

test('INT from the keyboard ends the wait', async () => {
  const name = freshName()
  await using holder = start(['run', name, '--', ...WORK], env)
  await holder.printed('ready')
  using terminal = onTerminal(['run', name, '--', 'echo', 'in'], env)
  await waiting(server, name, 1)
  terminal.type('\u0003')
  expect(await terminal.ended).toMatchObject({ exitCode: 130 })
  await waiting(server, name, 0)
  holder.signal('SIGTERM')
  await holder.ended
})
