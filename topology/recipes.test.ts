import { connectRaw, type RedisServer, startRedis } from '@holdfast/testkit/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { blocksOf } from '../test/repository/docs/blocks.js'
import { createModules } from '../test/repository/docs/modules.js'
import { eventually } from '../test/support/eventually.js'
import { printed, type Replica, startReplica, whoPrints } from '../test/support/replicas.js'
import { filesBelow } from '../test/workspace.js'

const blocks = filesBelow('docs/recipes')
  .filter((file) => file.endsWith('.md'))
  .flatMap(blocksOf)
const modules = createModules(blocks)
afterAll(() => modules[Symbol.dispose]())

const WITHIN_MS = 60_000
const THREE = [1, 2, 3]

interface Running extends AsyncDisposable {
  readonly server: RedisServer
  readonly replicas: readonly Replica[]
  start(): Replica
}

/** The program of a page, in three processes on a Redis of their own. */
async function run(file: string): Promise<Running> {
  const block = blocks.find(({ fileName }) => fileName === file)
  if (block === undefined) throw new Error(`no page has ${file}`)
  const server = await startRedis({ own: true })
  const module = await modules.compile(block, server.url)
  const replicas: Replica[] = []
  const start = (): Replica => {
    const replica = startReplica(module)
    replicas.push(replica)
    return replica
  }
  THREE.forEach(start)
  return {
    server,
    replicas,
    start,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(replicas.map((each) => each[Symbol.asyncDispose]()))
      await server[Symbol.asyncDispose]()
    },
  }
}

const count = (replicas: readonly Replica[], line: string): number =>
  printed(replicas).filter((each) => each === line).length

/** Waits until all replicas have ended by themselves, without a word on stderr. */
async function allEnd(replicas: readonly Replica[]): Promise<void> {
  expect(await Promise.all(replicas.map((each) => each.ended()))).toEqual(replicas.map(() => 0))
  expect(replicas.flatMap(({ errors }) => errors)).toEqual([])
}

describe('in three processes,', () => {
  test('a scheduled job runs once each time, also after one process was killed', async () => {
    await using running = await run('scheduled-job.ts')
    const { replicas } = running
    const runs = (): readonly string[] => printed(replicas).filter((line) => line.startsWith('report of'))
    await eventually(() => expect(runs().length).toBeGreaterThanOrEqual(3), WITHIN_MS)
    const killed = await whoPrints(replicas, 'report of')
    killed.signal('SIGKILL')
    await killed.ended()
    const before = runs().length
    await eventually(() => expect(runs().length).toBeGreaterThanOrEqual(before + 3), WITHIN_MS)
    expect(new Set(runs()).size).toBe(runs().length)
  })

  test('one leads at a time; the next one when it is killed, and at once when it is asked to end', async () => {
    await using running = await run('leader.ts')
    const { replicas } = running
    const terms = (): number[] =>
      printed(replicas).flatMap((line) => (line.startsWith('leads, term') ? [Number(line.split(' ').at(-1))] : []))
    const first = await whoPrints(replicas, 'leads')
    expect(terms()).toHaveLength(1)
    first.signal('SIGKILL')
    const others = replicas.filter((each) => each !== first)
    const second = await whoPrints(others, 'leads')
    second.signal('SIGTERM')
    expect(await second.ended()).toBe(0)
    const third = await whoPrints(
      others.filter((each) => each !== second),
      'leads',
    )
    third.signal('SIGTERM')
    expect(await third.ended()).toBe(0)
    expect(terms()).toHaveLength(3)
    expect(terms().toSorted((a, b) => a - b)).toEqual(
      [first, second, third].flatMap(({ lines }) => lines.slice(0, 1).map((line) => Number(line.split(' ').at(-1)))),
    )
  })

  test('a migration runs once, and goes on where a killed process left it', async () => {
    await using running = await run('migration.ts')
    const { replicas, server } = running
    await allEnd(replicas)
    for (const line of ['creates the table', 'adds the column', 'fills the column'])
      expect(count(replicas, line)).toBe(1)
    expect(count(replicas, 'serves')).toBe(3)

    await using raw = await connectRaw(server)
    await raw.command('SET', 'schema-version', '2')
    await allEnd([running.start()])
    expect(count(replicas, 'creates the table')).toBe(1)
    expect(count(replicas, 'fills the column')).toBe(2)
  })

  test('a token is refreshed once for 60 callers', async () => {
    await using running = await run('token.ts')
    await allEnd(running.replicas)
    expect(count(running.replicas, 'refreshes the first')).toBe(1)
    expect(count(running.replicas, '20 have access')).toBe(3)
  })

  test('an event that arrives at each of them is handled once', async () => {
    await using running = await run('webhook.ts')
    await allEnd(running.replicas)
    for (const id of ['evt_1', 'evt_2', 'evt_3']) expect(count(running.replicas, `charges for ${id}`)).toBe(1)
    expect(count(running.replicas, 'answered')).toBe(3)
  })

  test('an entry is computed once for 150 callers', async () => {
    await using running = await run('cache.ts')
    await allEnd(running.replicas)
    expect(count(running.replicas, 'computes')).toBe(1)
    expect(count(running.replicas, '50 served')).toBe(3)
  })

  test('two run at a time, and no more', async () => {
    await using running = await run('limit.ts')
    await allEnd(running.replicas)
    const atATime = printed(running.replicas).flatMap((line) => /^at a time: (\d+)$/.exec(line)?.[1] ?? [])
    expect(atATime).toHaveLength(18)
    expect(Math.max(...atATime.map(Number))).toBe(2)
  })

  test('a process that is asked to end finishes its work, and the next one goes on', async () => {
    await using running = await run('shutdown.ts')
    const { replicas } = running
    for (const asked of await inTurn(replicas)) {
      expect(asked.lines.at(-1)).toBe('ends')
      expect(count([asked], 'begins')).toBe(count([asked], 'finishes'))
    }
  })
})

describe('when the process that begins is killed,', () => {
  test.each([
    ['migration.ts', 'creates the table'],
    ['token.ts', 'refreshes the first'],
    ['webhook.ts', 'charges for evt_1'],
    ['cache.ts', 'computes'],
    ['limit.ts', 'at a time:'],
  ])('the others do their work, and nothing more often than once more: %s', async (file, work) => {
    await using running = await run(file)
    const { replicas } = running
    const killed = await whoPrints(replicas, work)
    killed.signal('SIGKILL')
    await killed.ended()
    const others = replicas.filter((each) => each !== killed)
    await allEnd(others)
    if (file !== 'limit.ts') expect(count(others, work)).toBeLessThanOrEqual(1)
    // It may have been killed between counting up and down, and two more are allowed beside it at its end.
    else expect(printed(others).filter((line) => line.startsWith(work))).toHaveLength(12)
  })

  test('the next one goes on after the ttl, and each of the others ends in order when it is asked: shutdown.ts', async () => {
    await using running = await run('shutdown.ts')
    const killed = await whoPrints(running.replicas, 'begins')
    killed.signal('SIGKILL')
    await killed.ended()
    const others = running.replicas.filter((each) => each !== killed)
    const since = Math.max(...others.map(({ lines }) => lines.length))
    await whoPrints(others, 'begins', since)
    for (const asked of await inTurn(others)) {
      expect(asked.lines.at(-1)).toBe('ends')
      expect(count([asked], 'begins')).toBe(count([asked], 'finishes'))
    }
  })
})

/** Asks each replica to end while it works; the others go on working meanwhile. */
async function inTurn(replicas: readonly Replica[]): Promise<readonly Replica[]> {
  for (const [index, asked] of replicas.entries()) {
    await whoPrints([asked], 'begins')
    asked.signal('SIGTERM')
    expect(await asked.ended()).toBe(0)
    const others = replicas.slice(index + 1)
    const since = Math.max(0, ...others.map(({ lines }) => lines.length))
    if (others.length > 0) await whoPrints(others, 'begins', since)
  }
  return replicas
}
