import { ioredisBackend } from '@holdfast/adapter-ioredis'
import { createLocker } from '@holdfast/core'
import { startRedis } from '@holdfast/testkit/redis'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { runNode } from '../../../test/repository/docs/run.js'
import { eventually } from '../../../test/support/eventually.js'
import { printed, type Replica, startReplica, whoPrints } from '../../../test/support/replicas.js'
import { createProject, type ModuleKind, nests, type Nest } from './support/project.js'

const projects: [Nest, ModuleKind][] = [
  ...nests.map((nest): [Nest, ModuleKind] => [nest, 'CommonJS']),
  ['NestJS 12', 'ES modules'],
]

describe.each(projects)('a program for %s, compiled to %s', (nest, kind) => {
  test('serves routes with @Locked above and below', async () => {
    using project = createProject(nest, kind)
    const { exitCode, stdout, stderr } = await runNode([project.compile('web')])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toEqual([
      'above/5 200 {"name":"invoice 5","id":5,"count":1}',
      'below/5 200 {"name":"invoice 5","id":5,"count":1}',
      'below/x 400 ""',
      'forbidden 403 ""',
      'busy 200 {"skipped":true,"free":7}',
    ])
  })

  test('gives its name back when it is asked to end', async () => {
    await using server = await startRedis({ own: true })
    using project = createProject(nest, kind)
    await using replica = startReplica(project.compile('leader', server.url))
    await whoPrints([replica], 'leads')
    const redis = new Redis(server.url)
    const locks = createLocker({ backend: ioredisBackend(redis) })
    try {
      expect(await locks.tryAcquire('leader')).toBeNull()
      // By its ttl alone, the name would be free after another 80 seconds at least.
      const next = locks.acquire('leader', { waitMs: 25_000 })
      replica.signal('SIGTERM')
      expect((await next).held).toBe(true)
      await replica.ended()
      expect(replica.lines).toEqual(['leads', 'ends LOCK_CLOSED', 'rejects LOCK_CLOSED'])
      expect(replica.errors).toEqual([])
    } finally {
      await locks.close()
      redis.disconnect()
    }
  })
})

describe.each(nests)('jobs over %s, compiled to CommonJS', (nest) => {
  test('run each tick once in three processes, also when one is killed', async () => {
    await using server = await startRedis({ own: true })
    using project = createProject(nest, 'CommonJS')
    const program = project.compile('ticks', server.url)
    await using first = startReplica(program)
    await using second = startReplica(program)
    await using third = startReplica(program)
    const replicas = [first, second, third]
    await Promise.all(replicas.map((replica) => whoPrints([replica], 'ready')))
    await runs(replicas, 6)
    first.signal('SIGKILL')
    await first.ended()
    await runs(replicas, 6)
    for (const replica of [second, third]) replica.signal('SIGKILL')
    await Promise.all([second.ended(), third.ended()])

    // On a busy machine, the library of the schedule says that it is late.
    const errors = replicas.flatMap((replica) => replica.errors).filter((line) => !line.startsWith('[Cron] Missed'))
    expect(errors).toEqual([])
    const due = new Set(linesOf(replicas, 'due'))
    const ran = linesOf(replicas, 'ran')
    expect(ran.toSorted()).toEqual([...new Set(ran)].toSorted())
    // The end of a process may cut short a tick of its last second, or of the second before.
    const cut = replicas.flatMap(({ lines }) => linesOf([{ lines }], 'due').slice(-4))
    const missing = [...due].filter((tick) => !ran.includes(tick) && !cut.includes(tick))
    expect(missing, printed(replicas).join(', ')).toEqual([])
  })
})

const linesOf = (replicas: readonly Pick<Replica, 'lines'>[], kind: string): string[] =>
  replicas
    .flatMap(({ lines }) => lines)
    .flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []))

/** Waits until `count` more ticks have been run, of both jobs. */
function runs(replicas: readonly Replica[], count: number): Promise<void> {
  const from = linesOf(replicas, 'ran').length
  return eventually(() => {
    const more = linesOf(replicas, 'ran').length - from
    if (more < count) throw new Error(`${more} runs: ${printed(replicas).join(', ')}`)
  }, 40_000)
}
